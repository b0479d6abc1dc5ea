"""Whose word is taken for who a server is."""

import ssl

import certifi


def trusted() -> ssl.SSLContext:
    """The authorities that this machine trusts, and those that browsers do: small systems have none of their own."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
