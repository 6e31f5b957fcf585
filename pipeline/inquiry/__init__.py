"""One turn of a conversation: a snapshot goes in, questions come out, an outcome ends it.

    vocabulary  what a turn looks at, what it asks, and what it comes to
    facts       what an inquiry knows so far, and how it learns
    turn        the generator: asks the model, runs tools, checks the reply
    tools       the functions a model may call, and what each may be given
    consequences  what a tool call entails beside its result
    prompts     the system prompt, made from the business's data
    spoken_prompt  the instructions of a model that speaks on the phone
    reply       a draft made fit to leave, with what must be said
    standing    whether an earlier quote still stands
    validator   no figure leaves without evidence
    escalation  when a person is wanted, and why
    escalation_wordings  the sentences that want one
    escalation_lists     lists of words that those share
    policy      business hours and honest times
    consent     STOP, START and HELP, by whole message
    identity    one spelling for each phone number and e-mail address
    segments    what an SMS costs, and how to keep within it

Nothing here changes anything: an outcome says what is wanted, and the shell commits it.
"""
