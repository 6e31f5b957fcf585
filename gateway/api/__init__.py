"""The /v1 routes: JSON, a bearer token, one shape of error.

    access        who is asking, and what their role may do
    body          a request's JSON, read strictly
    quotes        POST /v1/quotes
    calls         GET /v1/calls
    orchestrator  an inquiry in, a checked answer out, nothing sent
    openapi       the description of all of it
    schemas       the shapes in it

Every write is audited under its caller's name.
"""
