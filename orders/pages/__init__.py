"""What members and staff see of an order: it looks into every other room."""
