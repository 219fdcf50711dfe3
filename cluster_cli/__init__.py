"""What an operator does: the commands of swapctl, the engines behind them, drills."""
