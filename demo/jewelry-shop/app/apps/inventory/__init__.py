"""What lies in the drawers: categories and items with their stock."""
