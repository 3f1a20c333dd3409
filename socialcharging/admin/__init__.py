"""Pages of social charging for staff: queues of a charge group and of a charge point, settings, links of customers."""
