"""Run every benchmark."""

from __future__ import annotations

from benchmarks import data_path, iam_evaluation, load, main_job, plan_model, stacks

print("The plan model: loading and indexing")
plan_model.main()
print("\nThe IAM evaluation")
iam_evaluation.main()
print("\nThe data path: drawing and judging")
data_path.main()
print("\nThe main job: compared with terraform plan and terraform show -json")
main_job.main()
print("\nStacks of common shapes: compared with terraform plan and terraform show -json")
failed = stacks.main([])
print("\nThe load: 1,000 uploads to the deployed pipeline, four in ten with a fault")
raise SystemExit(load.main(["--seeds", "1"]) or failed)
