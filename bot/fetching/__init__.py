"""Fetching what people name: the one place that downloads from links of people's, who may point them anywhere."""
