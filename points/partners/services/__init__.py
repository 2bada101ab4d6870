"""What partners do to points over HTTP, and what staff do to partners (H3).

Everything a partner causes is written once (by the partner's own reference), counted against its budget and numbered in
its log in the same transaction; whoever is to hear of it hears by webhook.
"""
