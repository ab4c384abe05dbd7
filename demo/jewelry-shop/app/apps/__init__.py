"""The applications of the shop: who (core), what (inventory), and what was sold (sales)."""
