"""What was sold, and the one place that takes stock away."""
