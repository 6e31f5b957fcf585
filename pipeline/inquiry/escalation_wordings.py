"""The sentences that want a person, a wording a line, over words in lower case.

    (a|b)  one of these        [a|b]  one of these, or none      <name>  one of a list of LISTS
    word*  any ending          _      one word, or none          ...     up to four words
    ^ $    sentence's ends     ~      anything

A row excuses what people ask before they book: policies, hypotheticals, plain questions. Changed
only together with the labelled set that measures it.
"""

from typing import NamedTuple

from pipeline.inquiry.vocabulary import Priority


class Wording(NamedTuple):
    """A sentence that `says` this wants a person for `reason`, unless it also `excuses` it."""

    reason: str
    says: str
    excuses: str = ""
    priority: Priority | None = None
    """Where it is not the reason's own."""


WORDINGS = (
    Wording(
        "illness",
        """
        (food poison|foodpoison|vomit|diarrh)*
        (salmonella|norovirus|e coli|ambulance|paramedics?|bleeding|hives|collapsed|fainted)
        (sick|ill|nauseous|unwell) (after|since|the next|next day|next morning|that night|all night)
        (sick|ill|nauseous|unwell) from (eating|your|the <food>|last)
        (<food>|it|party) _ (made|got|gave) ... (sick|ill|throw|vomit)
        (ate|eating) ... (sick|ill)
        (threw|throwing|throws) up
        stomach (pain|pains|ache|cramps|bug)
        (in|to|at) the (hospital|er|emergency room|icu)
        call* 911
        allergic reaction
        anaphylactic shock
        (can't|cannot|couldn't) breathe
        passed out
        injur(ed|y|ies)
        (got|was|were|been|is) [badly] hurt
        hurt (my|our|his|her|the|a|one of) <relative>
        burn(ed|t|s)? (me|him|her|himself|herself|myself)
        (burned|burnt|scalded|singed|cut|broke) ... (<body>|<relative>)
        (<relative>|he|she|i|who|someone) (got|was|were) _ (burned|burnt|scalded|cut)
        (hot oil|burn marks?|fire department)
        (oil|grease|sauce|flames?) _ (splashed|splattered|spilled|hit|got) _ (on|in|into|my|our)
        (damaged|stained|scorched|burned|burnt|broke|cracked|scratched|melted|ruined) ... <property>
        (destroyed|singed) ... <property>
        <property> (is|was|got) (on fire|damaged|stained|scorched|burned|burnt|ruined|destroyed)
        (caught|set|started) ... fire
        """,
        """
        (work*|nurses?|event|party|doctors?|deliver*) _ (at|to|in) the (hospital|er)
        (the flu|morning sickness|covid|ever)
        """,
    ),
    Wording(
        "legal",
        """
        (my|our|his|her) (lawyers?|attorneys?) (will|is|are|wants?|says?|said|has|to|about|contact*)
        (from|with|to) (my|our) (lawyers?|attorneys?)
        (get|hire|call|contact|see|talk to|getting|hiring|calling) (a|an|my|our) (lawyer|attorney)
        (lawsuit|small claims|press charges|attorney general|better business bureau|bbb|theft)
        legal (action|team|department|counsel|notice|matter|proceedings?)
        (take|see|taking|seeing) (you|this|it|them) _ (to|in) ... court
        (sue|suing) (you|your|them|u|y'all|over)
        (will|going to|gonna|could|can|may|might|we'll|i'll) sue
        fil(e|ing) [a|an] (claim|police report|report|suit)
        report(ing)? (you|this to|your)
        (health|board of health) (department|inspector|dept)
        (call|contact|go|email|tell)(ing)? [to] [the] (news|media|press|police|cops|tv)
        (leav|post|writ|giv)(e|ing) ... (one|1|bad|negative|terrible|horrible|awful|star) _ reviews?
        """,
        "(lawyer|attorney) (friend|buddy|husband|wife)",
        "urgent",
    ),
    Wording(
        "legal",
        """
        (certificates? of insurance|coi|additional* insured|proof of insurance|hold harmless)
        insurance (certificates?|papers?|paperwork|documents?|details|info*|policy number|forms?)
        (liable|liability|waivers?|indemnif*)
        (a|any|the|fire|park|health|event|special|city|county|get|need|pull|your|food) permits?
        permits? (is|are|required|needed|for|from)
        (liquor|alcohol) (licen[cs]e|license)
        """,
        "liability insurance",
    ),
    Wording(
        "allergy",
        """
        (allergic|anaphyla*|epi pens?|epipens?|celiac|coeliac)
        (life threatening|deathly|deadly|severe|serious|bad|extreme) ... allerg*
        (have|has|having|with|got|carries|my|our|his|her|their) ... (allergy|allergies)
        <allergen>s? (allergy|allergies)
        go(es)? into shock
        """,
        """
        (no|not|zero|without|none|nobody|no one|isn't|aren't|don't|doesn't|nor|never) ... allerg*
        do you [guys] (accommodate|handle|have|do|offer|work|deal|cater|take|list)
        allergic to (cats|dogs|pollen|bees|work|cooking|mornings)
        """,
    ),
    Wording(
        "complaint",
        """
        (where's|wheres|where is|where are) (the|our|my|your) (chef|cook|guy)
        (chef|cook|he|she) _ (isn't|is not|is still not|not|hasn't) _ (here|arrived|shown)
        (chef|cook) (isn't|is not|not) coming
        (and|still|but) no (chef|cook|sign of|food yet)
        (chef|cook) is ... late
        """,
        """
        <if>
        why is
        """,
        "urgent",
    ),
    Wording(
        "complaint",
        """
        (complaints?|complain(ing|ed)?|unacceptable|outrageous|disgust(ing|ed)|disgrace|disgraceful)
        (furious|livid|appall(ed|ing)|pissed|unprofessional|incompetent|ripped off|rip ?off|scam*)
        (fraud|ridiculous|fed up|horrendous|atrocious|shameful|shame on|how dare|inedible|ruined)
        (no show|no showed|botched|disappoint(ing|ment)|frustrating|worst ever)
        (messed|screwed) [it|this|that|everything] (up|over)
        waste of (time|money|my)
        (am|i'm|im|are|we're|was|were|so|very|really|extremely|pretty|beyond) ... <upset>
        (terrible|horrible|awful|worst|poor|bad|lousy|pathetic|dreadful|negative) _ <service>
        (terrible|horrible|awful|worst) time
        the worst
        (not|isn't|wasn't|weren't|aren't|never) ... (happy|satisfied|pleased|impressed|acceptable)
        not (a|an|the) [very|really|so] (great|good|nice|pleasant|best) <service>
        <service> (was|is|were) ... <poor>
        <food> (was|were|came|tasted|arrived|is|are) ... <spoilt>
        ran out of (food|rice|meat|chicken|steak|shrimp|propane|gas|sauce|noodles|veggies|protein)
        <cook> _ (was|were|is|came|showed up|arrived|got here) ... (late|rude|drunk|dirty|lazy|mean)
        <cook> (forgot|yelled|cursed|walked out|left early|burned|burnt|bailed|spilled)
        <cook> (refused|skipped|stole|cancell?ed on)
        (<cook>|nobody|no one) _ (never|didn't|did not|hasn't) _ (show|arrive|come|came|apologi)*
        (nobody|no one) _ (show|came|answer|respond|repl|call|got back|help|return|pick)*
        (you|they) _ (never|don't|didn't|won't|refuse to) (answer|respond|reply|call back|return)
        been waiting ... (days?|weeks?|hours?|forever|month)
        waited ... (hours?|minutes)
        still waiting (for|on) [a|an|my|the|your] (reply|response|answer|call|chef|someone)
        ignor(ed|ing) (me|us|my)
        (problem|issue)s? with (your|the|our last|my last|our|my) _ <service>
        (got|brought|sent|delivered|gave us|gave me|made|served) [us|me] the wrong
        never (again|using you|using this|order from you)
        never book(ing)? [with] you
        left (a|an|such a) _ mess
        only (got|received|had|brought) (food|enough|half)
        (not|wasn't|isn't|weren't) enough (food|rice|chicken|shrimp|steak)
        (left|still|were|are) hungry
        missing [from] (my|our|the) (order|food)
        regret (booking|using|hiring|choosing|ordering)
        barely (cooked|spoke|fed|ate|any)
        on his phone
        report [a|an] (problem|issue|incident)
        took (my|our) (deposit|money)
        """,
        """
        (no|not|zero|without|never had|any|don't|won't) _ (complaints?|disappoint*|upset|issues?)
        (no|not|don't|won't) _ complain*
        (angry birds|weather|competitor*|the worst case|<if>)
        """,
    ),
    Wording(
        "refund",
        """
        (refund(s|ed|ing)?|reimburse*)
        (money|deposit|payment) (back|returned)
        """,
        """
        <if>
        do you [guys] (give|offer|do|issue|allow|have|provide)
        (can|is|are) [the|my] deposits? [be] refund*
        would (i|we|you|it)
        (nonrefund|non refund)*
        """,
    ),
    Wording(
        "refund",
        """
        (want|need|demand|expect|give me|process|owe|owed|owes|waiting|issue me) ... <money back>
        (where is|where's|asking|request*|deserve) ... <money back>
        (return|give back|send back|keep|keeping) [me] (my|our) (deposit|money)
        (haven't|have not|never|didn't|not) _ (received?|gotten|got|seen?|get) (my|our|the) <money>
        (charge backs?|chargebacks?|disput(e|ed|ing)|double charged?|overcharged?|over charged?)
        charged? (me|us|my|our) ... (twice|two times|double|again|extra|too much|more|wrong)
        (was|were|been|got) charged (twice|two times|double|again|too much|the wrong|more than)
        (bill|charg|invoic)ed (me|us)
        paid _ twice
        (two|2|double|duplicate|extra|second|wrong|unauthori[sz]ed|unknown|strange) charges?
        (payment plans?|installments?|wrong amount|stop [the|my] payment)
        pay _ (in|over) _ (payments|months)
        card ... (declined|rejected)
        (payment|deposit|transaction|zelle|venmo) ... (failed|declined|bounced|didn't|did not)
        (payment|deposit|transaction|zelle|venmo) ... (won't go|doesn't work|isn't working)
        (payment|deposit|transaction|zelle|venmo) ... not (working|going through)
        (problem|issue|trouble|wrong) with (my|the|our) _ (deposit|payment|card|charge)
        """,
        "do you (offer|have|do|take|accept|allow)",
    ),
    Wording(
        "asked_for_person",
        """
        (talk|speak|chat|communicate|deal)(ing)? (to|with|w/) [a|an|the|your|one of your] <somebody>
        (talk|speak)(ing)? (to|with) [the] \\w+'s boss
        who (can|do|should|could|would) (i|we) (talk|speak|call|contact|reach)
        (someone|somebody|anyone|anybody|a person|one of you) ... <call> (me|us)
        (your|the|a) _ (team|staff|manager|owner|member|rep*|supervisor) ... <call> (me|us)
        give (me|us) a (call|ring)
        (pls|plz|please) (call|phone|ring)
        (can|could|will|would) (you|u|y'all|they) ... (call|phone|ring) (me|us)
        call (me|us) [back] (please|now|asap|at|on|today|tonight|tomorrow|as soon)
        call (me|us) [back] $
        (get|have|put) ... on the (phone|line)
        (managers?|owners?|supervisors?|manager's|owner's) (number|contact|phone|email)
        is (anyone|anybody) (there|here|available to)
        help from [a|an] _ (person|human|someone)
        (get|need|want|give|send|find|prefer) [me|us] [a|an|the|your|some] <staff>
        (like|want|need) (a|an) _ (human|person) to _ (look|help|answer|call|check|read|handle)
        (real|actual|live) (people|persons?|humans?) _ (work|there|available|answer|who|that|i)*
        number where (a|an) _ (person|human)
        (transfer|connect|switch|escalate|patch) (me|us|this)
        put (me|us) (through|on with|in touch)
        is there [a|an|any] [real|actual|live] (human|manager|person (i|we|who|that|to))
        (not|no more|no|hate|sick of|tired of|stop with|instead of) _ _ <bot>
        (want|like|prefer) to (talk|speak) to [a|an|the|this|your] <bot>
        (can|could|may) [a|an|some] [real|actual|live] (human|person) _ (help|answer|reply|respond)
        """,
    ),
    Wording(
        "weather",
        """
        <bad weather> ~ <called off>
        <called off> ~ <bad weather>
        """,
        """
        <if>
        (permitting|case of|when it rains)
        """,
    ),
    Wording(
        "booking_change",
        """
        (cancel*|reschedul*|postpon*|move|change|push [back]) ... (my|our) ... <event>
        (reschedul|postpon|cancel)* ... (my|our|the|this|that) _ (<event>|order|chef)
        (move|change|push) (my|our) ... <event>
        (have to|need to|want to|must|gotta|going to|like to|we're|i'm) (cancel|reschedul|postpon)*
        (already|just) (booked|paid) ... (change|move|cancel|add|switch)
        (already|just) (booked|paid) ... ... (change|move|cancel|add|switch)
        (existing|upcoming|confirmed) (booking|reservation|party|event)
        (add|remove) ... (to|from) (my|our) (booking|reservation)
        """,
        """
        (<if>|later|after (i|we|booking)|once (i|we)|before the (event|party)|how late|deadline)
        (how (many|much|far)|(fee|charge) to|allowed)
        """,
    ),
    Wording(
        "short_notice",
        """
        (come|available|availability|free|chef|cater|cook for|party|event|dinner) ... <soon>
        (hibachi|openings?|slot) ... <soon>
        <soon> ... (party|event|chef|hibachi|for \\d+)
        (for|do) <soon>
        (its|it's|is) [actually] (tonight|today)
        (party|event|dinner|it's|its|starts?|starting|guests?) _ in <few> hours?
        (short notice|last minute)
        """,
        """
        (call|text|email|let you know|decide|send|talk|reply|pay|confirm|answer|get back) ... <soon>
        last minute (change|cancel|guest|addition)*
        (how short|policy|what if)
        """,
    ),
    Wording(
        "price_discrepancy",
        """
        (not|isn't|wasn't|doesn't match|(different|higher|more) (than|from)) ... <told>
        (was|were|been|got) _ quoted ... (last|before|but|why|earlier|previously|originally|now)
        (said|told|quoted) ... (before|earlier|yesterday|last) ... now
        <source> _ (says?|said|shows?|told|lists?|listed|quoted|advertised?) ... <price> ... <but>
        <figure> ... ... (was|is|are|were) _ (different|wrong|incorrect|off|higher)
        <figure> ... (changed|went up|gone up|increased|doesn't match|not match)
        why (is|was|did|are) (it|this|that|the _) ... (more now|higher|different|gone? up|went up)
        why (did|has) (it|this|that|the) ... (increase|change)d?
        (last <time>|previously|originally|used to) ... (cheaper|less|lower|\\$\\d*)
        last <time> ... paid \\d*
        (math|numbers|figures|total|quote) _ (doesn't|don't|isn't|not) _ (add|make sense|look|right)
        (old|previous|earlier|original) (quote|price)
        honou?r (the|that|my|your|our)
        """,
        """
        ^ (is|are|does|do|will|would|can)
        (is fine|sounds good)
        """,
    ),
    Wording("large_party", "(two|three|four|2|3|4|multiple|several|extra|more than one) chefs"),
    Wording(
        "corporate",
        """
        (corporate|team ?building|w ?9|purchase order|multi ?(day|night))
        (\\d+|our|my|the) _ employees
        (company|office|staff|employee|work|firm)('s)? _ <function>
        (dinner|lunch|party|event) for (my|our|the) (office|company|staff|firm)
        for (companies|businesses|offices)
        \\d+ staff
        for [our|my|vip] clients
        (our|my) _ (firm|agency|startup|organi[sz]ation|department)
        (tech|our|my|law|software|real estate) company (is|looking|wants|would|needs|has)
        (we are|we're) (a|an) _ (company|corporation|business|nonprofit|firm)
        net ?(15|30|45|60)
        vendor (form|contract|registration|packet|agreement|application|list)
        (sign|signed|send|written|annual|vendor|service|draft) ... contracts?
        (days|nights|dinners|events|weekends) in a row
        """,
    ),
    Wording(
        "custom_menu",
        """
        (custom|customized|customised|personalized|personalised|bespoke|special|different) menus?
        menu ... custom*
        custom ... menus?
        (not|isn't|aren't|off) [on] (your|the) menu
        (off menu|non menu)
        (bring|supply|provide|buy|use) _ our own (meat|protein|food|steak|fish|seafood|ingredient)*
        (can|could|would|will|do|does) (you|we|the chef|he|she|they|i) ... <make> ... <dish>
        (want|like|need|order|request|substitute|swap|replace|add) ... <dish>
        """,
        """
        (no|not|without|avoid|free|use|used) [any] pork
        kids? _ like
        """,
    ),
    Wording(
        "indoor",
        """
        (indoors?|apartments?|condos?|balcony|high ?rise|penthouse)
        (cook|cooking|grill|grilling|hibachi|set ?up|do it|host) _ inside
        inside [of] (my|the|our|a|his|her) _ <room>
        in (my|our|the|a|his|her) _ (kitchen|garage|living room|basement|dining room|sunroom)
        """,
        """
        (not|no|never|instead of|rather than|isn't|won't be) _ (indoors?|inside)
        (bathrooms?|restrooms?|toilets?)
        """,
    ),
    Wording("distance", "(out of state|destination (wedding|event|party))"),
    Wording(
        "discount",
        """
        (discount(s|ed)?|coupons?|promo*|vouchers?|groupon|price match*|negotiat*|haggl*|specials)
        match (their|that|his|her|a|the|this) (price|quote|offer)
        (best|better|lower|lowest|special|good) (price|deal|rate|offer) (you|for|than|can|if)
        (best|better|lowest) (price|deal|rate) $
        come down (to|on) (the|your|price|\\$?\\d*)
        (do|make) it _ for (\\$\\d*|\\d+ (a|per))
        (lower|reduce|drop|waive) _ (price|rate|cost|minimum|fee|travel|deposit)
        (any|do it|make it|get it|go|be|bit|little) cheaper
        (\\d+ ?%|percent|money) off
        knock ... off
        (get|give|cut|have|make|do) [me|us] (a|an|any|some) _ (deals?|break|bargain)
        (free upgrade|work with (me|us) on)
        throw in (some|a|an|the|free)
        """,
        """
        (not|don't|no) ... (discounts?|coupons?)
        discount (store|chain)
        """,
    ),
    Wording(
        "repeated_misunderstanding",
        """
        you (already|just) (asked|said|told)
        i(('ve)|( have))? [already] (told|asked|given|gave|sent) (you|that|this) ... (twice|times)
        i(('ve)|( have))? (already|just) (told|asked|gave|answered) (you|that|this)
        (makes? no|doesn't make|doesn't make any) sense
        (not|isn't|wasn't) (answering|what) (my|the|i|we) _ (question|asked|said|meant|wanted)
        you (keep|kept) (asking|saying|repeating|sending|giving)
        you _ (don't|do not|aren't|didn't|never) _ (understand|listen|get it|read|getting)*
        (you're|you are) not (listening|reading|understanding|getting)
        are you [even] (reading|listening)
        stop repeating
        (this|you) (isn't|aren't|is not|are not) (helping|helpful|making sense)
        (third|3rd|fourth|4th|fifth|5th) time (i|i've|i'm|we|you|you've)
        how many times do i
        """,
    ),
)
