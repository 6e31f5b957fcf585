"""The sentences that want a person, as verbose regular expressions over plain lower-case text.

Each row is (reason, priority or None for the reason's own, what says so, what excuses it). A
row excuses what people ask before they book: policies, hypotheticals, plain questions. Changed
only together with the labelled set that measures it.
"""

from pipeline.inquiry.vocabulary import Priority

WHOLE_MESSAGES = frozenset(
    {"agent", "human", "a human", "person", "a person", "representative", "rep", "operator"}
    | {"manager", "supervisor", "owner", "staff", "real person", "live person", "live agent"}
    | {"customer service", "customer support", "support", "call me", "call us", "please call"}
    | {"call me please", "please call me", "human please", "agent please"}
)
"""Messages that ask for a person by one bare word."""

_HYPOTHETICAL = r"""\b(?:if|in\ case|policy|policies|happens\ when|refundable|hypothetically)\b"""

_SOMEBODY = r"""(?:(?:real|actual|live|different|human)\ )*
    (?:person|people|humans?(?:\ being)?|manager|supervisor|some(?:one|body)|any(?:one|body)
    |owners?|boss|chef|representative|rep|agent|operator|staff(?:\ member)?|employee
    |team\ member|member\ of\ (?:your|the)\ (?:team|staff)
    |(?:customer\ )?(?:service|support|care)|sales|coordinator|planner)\b"""

_DISH_PEOPLE_ASK_FOR = r"""(?:sushi|sashimi|wagyu|kobe|king\ crab|crab\ legs|ramen|tempura|udon
    |pork|bacon|duck|lamb|oysters?|clams|mussels|caviar|tacos?|pizza|burgers?|hot\ dogs?|paella
    |prime\ rib|ribeye|ribs|brisket|swordfish|tuna|octopus|foie\ gras|dim\ sum|pad\ thai)\b"""

_FOOD = r"""(?:food|meal|dinner|chicken|steak|shrimp|rice|meat|beef|fish|seafood|salmon|lobster
    |filet|scallops?|calamari|tofu|veg(?:etable|gie)s|noodles|gyoza|everything|hibachi)"""

_PROPERTY = r"""(?:deck|patio|lawn|grass|yard|tables?|floors?|concrete|pavers?|driveway|fence
    |carpet|rug|furniture|house|garage|ceiling|walls?|couch|chairs?|umbrella|tent|car|awning
    |windows?|counters?|siding|roof|gazebo|pergola)\b"""

_SOMEONE = r"""(?:my|our|his|her|the|a|an|one\ of\ (?:my|our|the)|\w+'s)\ (?:\w+\ )?"""

_ASKED_FOR_PERSON = rf"""
    \b(?:talk|speak|chat|communicate|deal)(?:ing)?\ (?:to|with)\ (?:an?\ |the\ |your\ |one\ of\ your\ )?
        {_SOMEBODY}
    | \btalk(?:ing)?\ to\ (?:the\ )?(?:\w+'s\ )boss
    | \bwho\ (?:can|do|should|could|would)\ (?:i|we)\ (?:talk|speak|call|contact|reach)
    | \b(?:some(?:one|body)|any(?:one|body)|a\ person|one\ of\ (?:you|your\ \w+)
        |(?:your|the|a)\ (?:\w+\ )?(?:team|staff|manager|owner|member|rep\w*|supervisor))
        \ (?:\w+\ ){{0,3}}(?:call|ring|phone|contact|reach\ out\ to|get\ back\ to)\ (?:me|us)\b
    | \bgive\ (?:me|us)\ a\ (?:call|ring)\b | \b(?:pls|plz|please)\ (?:call|phone|ring)\b
    | \b(?:can|could|will|would)\ (?:you|u|y'all|they)\ (?:\w+\ ){{0,2}}(?:call|phone|ring)\ (?:me|us)\b
    | \b(?:get|have|put)\ (?:\w+\ ){{0,3}}on\ the\ (?:phone|line)\b | \b(?:manager|owner|supervisor)'?s\ (?:number|contact|phone|email)
    | \bis\ any(?:one|body)\ (?:there|here|available\ to)\b | \bhelp\ from\ (?:an?\ )?(?:\w+\ )?(?:person|human|someone)
    | \bcall\ (?:me|us)(?:\ back)?(?:\ (?:please|now|asap|at|on|today|tonight|tomorrow|as\ soon)\b|,|$)
    | \b(?:get|need|want|give|send|find|prefer)\ (?:me\ |us\ )?(?:an?\ |the\ |your\ |some\ )?
        (?:(?:real|actual|live)\ (?:person|human|agent)|human(?:\ being)?\b|(?:sales\ )?representative
        |agent\b|supervisor|operator\b|manager\b)
    | \b(?:transfer|connect|switch|escalate|patch)\ (?:me|us|this)\b
    | \bput\ (?:me|us)\ (?:through|on\ with|in\ touch)\b
    | \bis\ there\ (?:an?\ |any\ )?(?:real\ |actual\ |live\ )?(?:human|person\ (?:i|we|who|that|to)|manager)
    | \b(?:not|no\ more|no|hate|sick\ of|tired\ of|stop\ with|instead\ of|want\ to\ talk\ to)
        \ (?:talking\ to\ |an?\ |the\ |this\ |these\ |your\ )*
        (?:bots?|robots?|machines?|computers?|chatbots?|ai|automated)\b
    | \b(?:can|could|may)\ (?:an?\ |some\ )?(?:real\ |actual\ |live\ )?(?:human|person)
        \ (?:\w+\ )?(?:help|answer|reply|respond|look|handle)
"""

_COMPLAINT = rf"""
    \b(?:complaints?|complain(?:ing|ed)?|unacceptable|outrageous|disgust(?:ing|ed)|disgrace(?:ful)?
        |furious|livid|appall(?:ed|ing)|pissed|unprofessional|incompetent|ripped\ off|rip[ -]?off
        |scam(?:med|mers?)?|fraud|ridiculous|fed\ up|horrendous|atrocious|shameful|shame\ on
        |how\ dare|inedible|no[ -]?show(?:ed)?|ruined|botched
        |messed\ (?:it\ |this\ |that\ |everything\ )?up|screwed\ (?:\w+\ )?(?:up|over)|waste\ of\ (?:time|money|my))\b
    | \b(?:am|i'm|im|are|we're|was|were|so|very|really|extremely|pretty|deeply|quite|beyond)
        \ (?:\w+\ ){{0,2}}(?:angry|upset|mad\ (?:at|about)|frustrated|annoyed|unhappy|disappointed
        |dissatisfied|let\ down)\b
    | \b(?:disappoint(?:ing|ment)|frustrating)\b
    | \b(?:terrible|horrible|awful|worst|poor|bad|lousy|pathetic|dreadful|shoddy|negative)
        \ (?:\w+\ )?(?:service|experiences?|jobs?|food|chef|meal|company|communication|attitude
        |party|night|dinner|quality|business|hospitality)\b
    | \b(?:terrible|horrible|awful|worst)\ time\b | \bthe\ worst\b(?!\ case) | \bworst\ ever\b
    | \b(?:not|isn't|wasn't|weren't|aren't|never)\ (?:at\ all\ |very\ |really\ |too\ |exactly\ )?
        (?:happy|satisfied|pleased|impressed|good\ enough|okay\ with|ok\ with|acceptable)\b
    | \b{_FOOD}\ (?:was|were|came|tasted|arrived|is|are)\ (?:\w+\ ){{0,3}}(?:cold|raw|undercooked
        |overcooked|burn(?:t|ed)|spoiled|rotten|gross|awful|terrible|horrible|bland|dry|stale|mushy
        |greasy|tasteless|under\ ?cooked|pink\ inside|too\ salty|off|funny|weird)\b
    | \bnot\ (?:an?\ |the\ )?(?:very\ |really\ |so\ )?(?:great|good|nice|pleasant|best)\ (?:experience|job|service|company|impression)
    | \bleft\ (?:an?\ |such\ a\ )?(?:\w+\ )?mess\b | \bonly\ (?:got|received|had|brought)\ (?:food|enough|half)
    | \bnot\ enough\ (?:food|rice|chicken|shrimp|steak)\b | \bmissing\ (?:from\ )?(?:my|our|the)\ (?:order|food)
    | \bran\ out\ of\ (?!time|space|room|ideas|seats|chairs|money)
    | \b(?:chef|guy|cook|he|she|they|driver|staff|team|you\ guys)\ (?:\w+\ ){{0,2}}(?:was|were|is|came
        |showed\ up|arrived|got\ here)\ (?:\w+\ ){{0,4}}(?:late|rude|drunk|dirty|lazy|mean)\b
    | \b(?:chef|guy|cook|he|she|they|staff)\ (?:forgot|yelled|cursed|walked\ out|left\ early|burn(?:ed|t)
        |cancel?led\ on|bailed|spilled|refused|skipped|stole)\b
    | \b(?:chef|guy|cook|nobody|no\ one|he|she|they|staff)\ (?:\w+\ )?(?:never|didn't|did\ not
        |hasn't|has\ not|haven't|still\ hasn't)\ (?:\w+\ )?(?:show|arrive|come|came|apologi[sz])
    | \b(?:nobody|no\ one)\ (?:\w+\ )?(?:show|came|answer|respond|repl(?:y|ie)|call|got\ back|help|return|pick)
    | \b(?:nobody|no\ one|you|they)\ (?:\w+\ )?(?:never|don't|didn't|won't|refuse\ to)
        \ (?:answer|respond|reply|call\ back|return\ my)
    | \bbeen\ waiting\b.{{0,25}}\b(?:days?|weeks?|hours?|forever|month)
    | \bstill\ waiting\ (?:for|on)\ (?:an?\ |my\ |the\ |your\ )?(?:reply|response|answer|call|chef|someone)
    | \b(?:ignored|ignoring)\ (?:me|us|my)\b
    | \b(?:problem|issue)s?\ with\ (?:your|the|our\ last|my\ last)
        \ (?:\w+\ )?(?:chef|service|food|party|company|order|event|booking)\b
    | \b(?:got|brought|sent|delivered|gave\ us|gave\ me|made|served)\ (?:us\ |me\ )?the\ wrong\b
    | \bnever\ (?:again|using\ you|book(?:ing)?\ (?:with\ )?you|order(?:ing)?\ (?:from\ )?you)\b
"""
_EVENT_DAY = r"""
    \bwhere(?:'s|\ is|\ are|s)\ (?:the|our|my|your)\ (?:chef|cook|guy)\b
    | \b(?:chef|cook|he|she)\ (?:\w+\ )?(?:isn't|is\ not|is\ still\ not|not|hasn't|still\ isn't)\ (?:\w+\ )?
        (?:here|arrived|shown|coming|showed)\b
    | \b(?:and|still|but)\ no\ (?:chef|cook|sign\ of|food\ yet)
    | \b(?:chef|cook)\ is\ (?:\w+\ ){0,4}late\b(?!r)
"""
_NO_EVENT_DAY = rf"""{_HYPOTHETICAL} | \bwhy\ is\b"""
_NO_COMPLAINT = rf"""
    \b(?:no|not|zero|without|never\ had|any|don't|won't)\ (?:\w+\ )?
        (?:complaints?|complain(?:ing)?|disappoint\w*|upset|angry|issues?|problems?\ with)\b
    | \bangry\ birds\b | \bweather\b | \bcompetitor | \bwithout\ being\b | {_HYPOTHETICAL}
"""

_REFUND = r"""
    \b(?:refund(?:s|ed|ing)?|reimburse\w*|(?:money|deposit|payment)\ (?:back|returned))\b
"""
_REFUND_ASKED_BEFORE = rf"""
    {_HYPOTHETICAL} | \bdo\ you\ (?:guys\ )?(?:give|offer|do|issue|allow|have|provide)\b
    | \b(?:can|is|are)\ (?:the\ |my\ )?deposits?\ (?:be\ )?refund | \bwould\ (?:i|we|you|it)\b | \bnon-?refund
"""
_REFUND_DEMANDED = r"""
    \b(?:want|need|demand|expect|give\ me|process|owe[ds]?|waiting|where\ is|where's|issue\ me|asking
        |request(?:ed|ing)?|deserve)\b.{0,25}\b(?:refund(?:ed)?|money\ back|deposit\ back)\b
    | \bcharge[ -]?backs?\b
    | \bdisput(?:e|ed|ing)\b
    | \b(?:double|over)[ -]?charged?\b
    | \bcharged?\ (?:me|us|my\ \w+|our\ \w+)\ (?:\w+\ ){0,3}
        (?:twice|two\ times|double|again|extra|too\ much|more|wrong)\b
    | \b(?:was|were|been|got)\ charged\ (?:twice|two\ times|double|again|too\ much|the\ wrong|more\ than)
    | \bpaid\ (?:\w+\ )?twice\b
    | \b(?:two|2|double|duplicate|extra|second|wrong|unauthori[sz]ed|unknown|strange)\ charges?\b
    | \bpayment\ plans?\b | \binstallments?\b | \bpay\ (?:\w+\ )?(?:in|over)\ (?:\w+\ )?(?:payments|months)\b
    | \bcard\ (?:\w+\ ){0,3}(?:declined|rejected)\b
    | \b(?:payment|deposit|transaction|zelle|venmo)\ (?:\w+\ ){0,4}
        (?:failed|declined|bounced|didn't|did\ not|not\ going\ through|won't\ go|doesn't\ work
        |isn't\ working|not\ working)
    | \b(?:problem|issue|trouble|wrong)\ with\ (?:my|the|our)\ (?:\w+\ )?(?:deposit|payment|card|charge)\b
"""

_LEGAL_THREAT = r"""
    \b(?:my|our|his|her|get(?:ting)?\ an?|hir(?:e|ing)\ an?|call(?:ing)?\ an?|contact(?:ing)?\ an?|see(?:ing)?\ an?
        |talk(?:ing)?\ to\ an?)\ (?:lawyers?|attorneys?)\b(?!\ (?:friend|buddy|husband|wife))
    | \b(?:lawsuit|legal\ (?:action|team|department|counsel|notice|matter|proceedings?)|small\ claims
        |press\ charges|attorney\ general|better\ business\ bureau|bbb|board\ of\ health)\b
    | \b(?:take|see|taking|seeing)\ (?:you|this|it|them)\ (?:\w+\ )?(?:to|in)\ (?:\w+\ ){0,2}court\b
    | \b(?:sue|suing)\ (?:you|your|them|u|y'all|over)\b
    | \b(?:will|going\ to|gonna|could|can|may|might|we'll|i'll)\ sue\b
    | \breport(?:ing)?\ (?:you|this\ to|your)\b | \bhealth\ (?:department|inspector|dept)\b
    | \b(?:call|contact|go|email|tell)(?:ing)?\ (?:to\ )?(?:the\ )?(?:news|media|press|police|cops|tv)\b
    | \b(?:leav|post|writ|giv)(?:e|ing)\b.{0,20}\b(?:one|1|bad|negative|terrible|horrible|awful|star)\b
        .{0,10}\breviews?\b
"""
_LEGAL_PAPERS = r"""
    \bcertificates?\ of\ insurance\b | \bcoi\b | \badditional(?:ly)?\ insured\b | \bproof\ of\ insurance\b
    | \binsurance\ (?:certificates?|papers?|paperwork|documents?|details|info\w*|policy\ number|forms?)\b
    | \bliab(?:le|ility)\b(?!\ insurance) | \bwaivers?\b | \bindemnif\w+ | \bhold\ harmless\b
    | \b(?:an?|any|the|fire|park|health|event|special|city|county|get|need|require|pull|your|food)
        \ permits?\b
    | \bpermits?\ (?:is|are|required|needed|for|from)\b
    | \b(?:liquor|alcohol)\ licen[sc]e
"""

_ILLNESS = rf"""
    \bfood\ ?poison\w* | \bsalmonella\b | \bnorovirus\b | \be\.?\ ?coli\b
    | \b(?:sick|ill|nauseous|unwell)\ (?:after|since|the\ next|next\ (?:day|morning)|that\ night|all\ night|overnight)\b
    | \b(?:sick|ill|nauseous|unwell)\ from\ (?:eating|your|the\ {_FOOD}|last)
    | \b(?:food|shrimp|chicken|steak|it|dinner|hibachi|meal|party|lobster|{_FOOD})\ (?:\w+\ )?
        (?:made|got|gave)\ (?:\w+\ ){{1,4}}(?:sick|ill|throw|vomit)
    | \bate\b.{{0,40}}\b(?:sick|ill)\b
    | \b(?:threw|throwing)\ up\b | \bvomit\w* | \bdiarrh\w+ | \bstomach\ (?:pains?|ache|cramps|bug)\b
    | \b(?:in|to|at)\ the\ (?:hospital|er|emergency\ room|icu)\b | \bambulance\b
    | \b(?:call(?:ed|ing)?)\ 911\b | \bparamedics?\b
    | \ballergic\ reaction\b | \banaphylactic\ shock\b | \bcan't\ breathe\b | \bhives\b
    | \binjur(?:ed|y|ies)\b | \bbleeding\b | \b(?:got|was|were|been|is)\ (?:badly\ )?hurt\b
    | \b(?:kids?|son|daughter|child|children|guests?|wife|husband|mom|dad|he|she|i|who|someone|friend|cousin|nephew
        |niece|uncle|aunt|grandma|grandpa|toddler)\ (?:got|was|were)\ (?:\w+\ )?(?:burn(?:ed|t)|scalded|cut)\b
    | \bhot\ oil\b.{{0,20}}\bon\b | \bhurt\ {_SOMEONE} | \bburn(?:ed|t|s)?\ (?:me|him|her|himself|herself|myself)\b
    | \b(?:burn(?:ed|t)|scalded|singed|cut|broke)\ {_SOMEONE}?(?:hand|arm|face|hair|finger|leg|foot|skin
        |eyebrows?|guest|son|daughter|kid|child|wife|husband|mom|dad|baby|nephew|niece|cousin|friend)
    | \b(?:damaged|stained|scorched|burn(?:ed|t)|broke|cracked|scratched|melted|destroyed|ruined|singed)
        \ (?:\w+\ ){{0,3}}{_PROPERTY}
    | \bcaught\ (?:on\ )?fire\b | \bset\b.{{0,20}}\bon\ fire\b | \bstarted\ a\ fire\b | \bfire\ department\b
    | \b{_PROPERTY}\ (?:is|was|got)\ (?:on\ fire|damaged|stained|scorched|burn(?:ed|t)|ruined|destroyed)\b
"""
_NO_ILLNESS = r"""
    \b(?:work|working|nurse|nurses|event|party|doctor|doctors|deliver)\ (?:\w+\ )?(?:at|to|in)\ the\ (?:hospital|er)
    | \bthe\ flu\b | \bmorning\ sickness\b | \bcovid\b | \bever\b
"""

_ALLERGY = rf"""
    \ballergic\b | \banaphyla\w+ | \bepi[ -]?pens?\b | \bc(?:o?e)liac\b
    | \b(?:life[ -]threatening|deathly|deadly|severe|serious|bad|extreme)\ (?:\w+\ ){{0,3}}allerg
    | \b(?:have|has|having|with|got|carries|my|our|his|her|their|'s)\ (?:\w+\ ){{0,3}}
        (?:allergy|allergies)\b
    | \b(?:peanut|nut|tree\ nut|shellfish|seafood|shrimp|fish|soy|egg|sesame|wheat|gluten|dairy|garlic)s?
        \ (?:allergy|allergies)\b
"""
_NO_ALLERGY = r"""
    \b(?:no|not|zero|without|none|nobody|no\ one|isn't|aren't|don't|doesn't|nor|never)\b.{0,30}\ballerg
    | \bdo\ you\ (?:guys\ )?(?:accommodate|handle|have|do|offer|work|deal|cater|take|list)\b
    | \ballergic\ to\ (?:cats|dogs|pollen|bees|work|cooking|mornings)\b
"""

_CUSTOM_MENU = rf"""
    \b(?:custom(?:i[sz]ed)?|personali[sz]ed|bespoke|special|different)\ menus?\b
    | \bmenu\b.{{0,20}}\bcustom | \bcustom\b.{{0,20}}\bmenus?\b
    | \b(?:not|isn't|aren't|off)\ (?:on\ )?(?:your|the)\ menu\b | \boff[ -]menu\b | \bnon-menu\b
    | \b(?:bring|supply|provide|buy|use)\ (?:\w+\ )?our\ own\ (?:meats?|proteins?|food|steaks?|fish|seafood|ingredients)\b
    | \b(?:can|could|would|will|do|does)\ (?:you|we|the\ chef|he|she|they|i)\ (?:\w+\ ){{0,3}}
        (?:make|cook|do|prepare|serve|bring|add|include|get|have|grill|offer|provide|order|swap|substitute)
        \ (?:\w+\ ){{0,4}}{_DISH_PEOPLE_ASK_FOR}
    | \b(?:want|like|need|order|request|substitute|swap|replace|add)\ (?:\w+\ ){{0,3}}{_DISH_PEOPLE_ASK_FOR}
"""
_NO_CUSTOM_MENU = r"""\b(?:no|not|without|avoid|free|use|used)\ (?:any\ )?pork\b | \bkids?\ (?:\w+\ )?like"""

_CORPORATE = r"""
    \bcorporate\b | \bteam[ -]?building\b | \b(?:\d+|our|my|the)\ (?:\w+\ )?employees\b
    | \bfor\ (?:companies|businesses|offices)\b | \b\d+\ staff\b | \bfor\ (?:our\ |my\ |vip\ )?clients\b
    | \b(?:our|my)\ (?:\w+\ )?(?:firm|agency|startup|organi[sz]ation|department)\b
    | \b(?:company|office|staff|employee|work|firm)(?:'s)?\ (?:\w+\ )?(?:party|event|picnic|dinner|lunch
        |luncheon|retreat|function|outing|gathering|celebration|appreciation|offsite)\b
    | \b(?:dinner|lunch|party|event)\ for\ (?:my|our|the)\ (?:office|company|staff|firm)\b
    | \bw-?9\b | \bnet[ -]?(?:15|30|45|60)\b | \bpurchase\ order\b
    | \bvendor\ (?:form|contract|registration|packet|agreement|application|list)
    | \b(?:sign|signed|send|written|annual|vendor|service|draft)\ (?:\w+\ ){0,2}contracts?\b
    | \bmulti[ -]?(?:day|night)\b | \b(?:days|nights|dinners|events|weekends)\ in\ a\ row\b
"""

_INDOOR = r"""
    \bindoors?\b | \b(?:apartment|condo|balcony|high-?rise|penthouse)s?\b
    | \binside\ (?:of\ )?(?:my|the|our|a|his|her)\ (?:\w+\ )?(?:house|home|garage|kitchen|living\ room
        |building|venue|office|barn|hall|sunroom|basement|room|tent)\b
    | \bin\ (?:my|our|the|a|his|her)\ (?:\w+\ )?(?:kitchen|garage|living\ room|basement|dining\ room|sunroom)\b
"""
_NOT_INDOOR = r"""
    \b(?:not|no|never|instead\ of|rather\ than|isn't|won't\ be)\ (?:\w+\ )?(?:indoors?|inside)\b
    | \b(?:bathrooms?|restrooms?|toilets?)\b
"""

_PRICE_DISCREPANCY = r"""
    \b(?:not|isn't|wasn't|different\ (?:from|than)|doesn't\ match|higher\ than|more\ than)\ (?:\w+\ ){0,4}
        (?:quoted|told|given|advertised|(?:you|website|site|they|he|she)\ (?:said|says?))\b
    | \b(?:was|were|been|got)\ (?:\w+\ )?quoted\b.{0,50}\b(?:last|before|but|why|earlier|previously|originally|now)\b
    | \b(?:said|told|quoted)\b.{0,40}\b(?:before|earlier|yesterday|last)\b.{0,30}\bnow\b
    | \b(?:website|site|online|instagram|facebook|flyer|ad|google|you|they|someone|he|she|chef|guy|lady)
        \ (?:\w+\ )?(?:says?|said|shows?|showed|told|lists?|listed|quoted|advertised?)\b
        (?=.*(?:\$|dollar|price|cost|fee|per\ (?:person|adult|head)|cheaper|minimum|free))
        .{0,80}\b(?:but|why|however|now|instead)\ (?:you|now|it|the|your|this|i|that|then|am|is|are|we)\b
    | \b(?:price|quote|cost|total|rate)s?\ (?:\w+\ ){0,6}(?:(?:was|is|are|were)\ (?:\w+\ )?(?:different|wrong
        |incorrect|off|higher)|changed|went\ up|gone\ up|increased|(?:doesn't|don't|not)\ match)\b
    | \bwhy\ (?:is|was|did|are)\ (?:it|the\ \w+|this|that)\ (?:\w+\ ){0,3}(?:more\ now|higher|different|gone?\ up
        |went\ up|increased?|changed?)\b
    | \b(?:last\ (?:time|year|month|summer|week)|previously|originally|used\ to)\b.{0,30}
        (?:\bcheaper\b|\$|\bpaid\ \d|\bless\b|\blower\b)
    | \b(?:math|numbers|figures|total|quote)\ (?:\w+\ )?(?:doesn't|don't|does\ not|do\ not|isn't|not)\ (?:\w+\ )?
        (?:add|make\ sense|seem|look|right|correct)
    | \b(?:old|previous|earlier|original)\ (?:quote|price)\b | \bhono(?:u)?r\ (?:the|that|my|your|our)\b
"""
_NO_DISCREPANCY = r"""^(?:is|are|does|do|will|would|can)\b(?!.*\bwhy\b) | \bis\ fine\b | \bsounds\ good\b"""

_DISCOUNT = r"""
    \b(?:discount(?:s|ed)?|coupons?|promo(?:s|tions?)?|vouchers?|groupon|price[ -]?match\w*|negotiat\w+
        |haggl\w+|specials)\b
    | \bmatch\ (?:their|that|his|her|a|the|this)\ (?:price|quote|offer)\b
    | \b(?:best|better|lower|lowest|special|good)\ (?:price|deal|rate|offer)\ (?:you|for|than|can|possible|if)\b
    | \b(?:best|better|lowest)\ (?:price|deal|rate)$
    | \b(?:lower|reduce|drop|waive|come\ down\ on)\ (?:\w+\ )?(?:price|rate|cost|minimum|fee|travel|deposit)
    | \b(?:any|do\ it|make\ it|get\ it|go|be|bit|little)\ cheaper\b
    | \b(?:\d+\ ?%|percent|money)\ off\b | \bknock\ (?:\S+\ ){1,3}off\b | \bfree\ upgrade
    | \b(?:get|give|cut|have|make|do)\ (?:me\ |us\ )?(?:an?|any|some)\ (?:\w+\ )?(?:deals?|break|bargain)\b
    | \bthrow\ in\ (?:some|a|an|the|free)\b | \bwork\ with\ (?:me|us)\ on\ (?:the\ )?price\b
"""
_NO_DISCOUNT = r"""\b(?:not|don't|no)\ (?:\w+\ ){0,3}(?:discounts?|coupons?)\b | \bdiscount\ (?:store|chain)"""

_SHORT_NOTICE = r"""
    \b(?:come|available|availability|free|chef|cater|cook\ for|party|event|dinner|hibachi|openings?|slot)
        \b.{0,30}\b(?:today|tonight|this\ (?:evening|afternoon)|tomorrow)\b
    | \b(?:today|tonight|this\ (?:evening|afternoon)|tomorrow)\b.{0,25}\b(?:party|event|chef|hibachi|for\ \d+)\b
    | \bbook(?:ing)?\ (?:\w+\ ){0,3}for\ (?:today|tonight|tomorrow|this\ evening)\b
    | \bfor\ (?:today|tonight|tomorrow)\b
    | \b(?:party|event|dinner|it's|its|starts?|starting|guests?)\ (?:\w+\ )?in\ (?:an?|\d+|one|two|three|four|five|a\ few)\ hours?\b
    | \bshort\ notice\b | \blast[ -]?minute\b
"""
_NO_SHORT_NOTICE = r"""
    \b(?:call|text|email|let\ you\ know|decide|send|talk|reply|pay|confirm|answer|get\ back)\b.{0,30}
        \b(?:today|tonight|tomorrow)\b
    | \blast[ -]?minute\ (?:changes?|cancel\w*|guests?|additions?) | \bhow\ short\b | \bpolicy\b | \bwhat\ if\b
"""

_BOOKING_CHANGE = r"""
    \b(?:cancel(?:l?ing|led)?|reschedul\w+|postpon\w+|move|change|push(?:\ back)?)\ (?:\w+\ ){0,3}(?:my|our)
        \ (?:\w+\ ){0,3}(?:booking|reservation|party|event|appointment|dinner|hibachi|catering|date)\b
    | \bcancel\ (?:my|our|the|this|that)\ (?:\w+\ ){0,2}
        (?:order|booking|reservation|party|event|appointment|dinner|chef|date)\b
    | \b(?:have\ to|need\ to|want\ to|must|gotta|going\ to|like\ to|we're|i'm)
        \ (?:cancel\w*|reschedul\w+|postpon\w+)\b
    | \b(?:existing|upcoming|confirmed)\ (?:booking|reservation|party|event)\b
    | \b(?:add|remove)\b.{0,30}\b(?:to|from)\ (?:my|our)\ (?:booking|reservation)\b
    | \b(?:already|just)\ (?:booked|paid)\b.{0,40}\b(?:change|move|cancel|add|switch)\b
"""
_NO_BOOKING_CHANGE = rf"""
    {_HYPOTHETICAL} | \b(?:later|after\ (?:i|we|booking)|once\ (?:i|we)|before\ the\ (?:event|party)|how\ late
    |how\ (?:many|much|far)|deadline|fee\ to|charge\ to|allowed)\b
"""

_WEATHER = r"""
    ^(?=.*\b(?:rain(?:ing|y)?|storm(?:s|y|ing)?|forecast|weather|wind(?:y|s)?|wildfires?|smok(?:e|y)|heat\ ?wave|snow)\b)
    .*\b(?:cancel\w*|postpon\w+|reschedul\w+|call\ (?:it\ |this\ )?off|what\ (?:should|do|can)\ (?:we|i)\b
        |still\ (?:on|coming)|new\ date|another\ date)
"""
_NO_WEATHER = rf"""{_HYPOTHETICAL} | \bpermitting\b | \bcase\ of\b | \bwhen\ it\ rains\b"""

_REPEATED = r"""
    \byou\ (?:already|just)\ (?:asked|said|told)\b
    | \bi(?:'ve|\ have)?\ (?:already\ |just\ )?(?:told|asked|given|gave|answered|sent)\ (?:you\ |that\ |this\ |it\ )+
        (?:\w+\ )?(?:already|twice|before|times)\b
    | \bi(?:'ve|\ have)?\ (?:already|just)\ (?:told|asked|gave|answered)\ (?:you|that|this)\b
    | \b(?:makes?\ no|doesn't\ make\ (?:any\ )?)\ ?sense\b | \bnot\ answering\ (?:my|the)\b
    | \b(?:not|isn't|wasn't)\ what\ (?:i|we)\ (?:asked|said|meant|wanted)\b
    | \byou\ (?:keep|kept)\ (?:asking|saying|repeating|sending|giving)\b
    | \byou\ (?:\w+\ )?(?:don't|do\ not|aren't|are\ not|didn't|never)\ (?:\w+\ )?
        (?:understand|understanding|listen|listening|get\ it|read|reading|getting)\b
    | \bare\ you\ (?:even\ )?(?:reading|listening)\b | \bstop\ repeating\b
    | \b(?:this|you)\ (?:is|are|isn't|aren't)\ (?:not\ )?(?:helping|helpful|making\ sense)\b
    | \b(?:third|3rd|fourth|4th|fifth|5th)\ time\ (?:i|i've|i'm|we)\b | \bhow\ many\ times\ do\ i\b
"""
_NOT_REPEATED = r"""\b(?:you're|you\ are|this\ is)\ (?:very|so|really|super)\ help"""

_LARGE_PARTY = r"""\b(?:two|three|four|2|3|4|multiple|several|extra|more\ than\ one)\ chefs\b"""

_DISTANCE = r"""\bout[ -]of[ -]state\b | \bdestination\ (?:wedding|event|party)\b"""

WORDINGS: tuple[tuple[str, Priority | None, str, str | None], ...] = (
    ("illness", None, _ILLNESS, _NO_ILLNESS),
    ("legal", "urgent", _LEGAL_THREAT, None),
    ("legal", None, _LEGAL_PAPERS, None),
    ("allergy", None, _ALLERGY, _NO_ALLERGY),
    ("complaint", "urgent", _EVENT_DAY, _NO_EVENT_DAY),
    ("complaint", None, _COMPLAINT, _NO_COMPLAINT),
    ("refund", None, _REFUND, _REFUND_ASKED_BEFORE),
    ("refund", None, _REFUND_DEMANDED, r"\bdo\ you\ (?:offer|have|do|take|accept|allow)\b"),
    ("asked_for_person", None, _ASKED_FOR_PERSON, None),
    ("booking_change", None, _BOOKING_CHANGE, _NO_BOOKING_CHANGE),
    ("weather", None, _WEATHER, _NO_WEATHER),
    ("short_notice", None, _SHORT_NOTICE, _NO_SHORT_NOTICE),
    ("price_discrepancy", None, _PRICE_DISCREPANCY, _NO_DISCREPANCY),
    ("large_party", None, _LARGE_PARTY, None),
    ("corporate", None, _CORPORATE, None),
    ("custom_menu", None, _CUSTOM_MENU, _NO_CUSTOM_MENU),
    ("indoor", None, _INDOOR, _NOT_INDOOR),
    ("distance", None, _DISTANCE, None),
    ("discount", None, _DISCOUNT, _NO_DISCOUNT),
    ("repeated_misunderstanding", None, _REPEATED, _NOT_REPEATED),
)
