"""One turn of a conversation: a snapshot goes in, questions come out, an outcome ends it.

facts       what an inquiry knows so far, and how it learns
turn        the generator: asks the model, runs tools, checks the reply
tools       the functions a model may call, and what each may be given
prompts     the system prompt, made from the business's data
validator   no figure leaves without evidence
escalation  when a person is wanted, and why
policy      business hours and honest times
consent     STOP, START and HELP, by whole message
identity    one spelling for each phone number
segments    what an SMS costs, and how to keep within it
"""
