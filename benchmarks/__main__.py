"""Run every benchmark."""

from __future__ import annotations

from benchmarks import main_job, plan_model

print("The plan model: loading and indexing")
plan_model.main()
print("\nThe main job: beside terraform plan and terraform show -json")
main_job.main()
