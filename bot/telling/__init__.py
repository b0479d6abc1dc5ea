"""What people hear without having asked just now: news of networks, how work goes."""
