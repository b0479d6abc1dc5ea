"""Lists of addresses: reading them, and downloading what they name. It fetches by `bot/fetching` and nothing else."""
