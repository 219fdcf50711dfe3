"""The domain of SwapSkill: the schema registry and the errors of the product."""
