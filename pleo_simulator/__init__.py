"""A local stand-in for Pleo: authorization server, Export API v3, webhooks and the Export page."""
