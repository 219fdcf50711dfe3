"""What a stack costs a month: its resources by a dated price file; what depends on use is left out."""

from infra.cost.report import CostReport, cost_report

__all__ = ["CostReport", "cost_report"]
