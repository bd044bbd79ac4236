"""Run every benchmark."""

from __future__ import annotations

from benchmarks import data_path, iam_evaluation, main_job, plan_model

print("The plan model: loading and indexing")
plan_model.main()
print("\nThe IAM evaluation")
iam_evaluation.main()
print("\nThe data path: drawing and judging")
data_path.main()
print("\nThe main job: beside terraform plan and terraform show -json")
main_job.main()
