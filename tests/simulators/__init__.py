"""Providers that can be had offline, each with a ledger of what it did and saw.

ledger           events in order, in memory or in a file
twilio           Twilio's messaging: webhooks, REST API, handsets, faults; also its own process
twilio_records   accounts and messages as Twilio keeps, checks and shows them
twilio_webhooks  signed requests to the gateway, with Twilio's deadlines and retries
chat_completions a model server
checker          compares a ledger with the database: nothing lost, nothing twice, in order
"""
