"""Lists of words that the wordings of an escalation share."""

LISTS = {
    "somebody": (
        "[real|actual|live|different] [human] (person|people|humans?|human being|managers?"
        "|supervisor|someone|somebody|anyone|anybody|owners?|boss|chef|representative|rep|agent"
        "|operator|staff|employee|team member|member of (your|the) (team|staff)"
        "|[customer] (service|support|care)|sales|coordinator|planner)"
    ),
    "dish": (
        "sushi|sashimi|wagyu|kobe|king crab|crab legs|ramen|tempura|udon|pork|bacon|duck|lamb"
        "|oysters?|clams|mussels|caviar|tacos?|pizza|burgers?|hot dogs?|paella|prime rib|ribeye"
        "|ribs|brisket|swordfish|tuna|octopus|foie gras|dim sum|pad thai"
    ),
    "food": (
        "food|meal|dinner|chicken|steak|shrimp|rice|meat|beef|fish|seafood|salmon|lobster|filet"
        "|scallops?|calamari|tofu|vegetables|veggies|noodles|gyoza|everything|hibachi"
    ),
    "allergen": (
        "peanut|nut|tree nut|shellfish|seafood|shrimp|fish|soy|egg|sesame|wheat|gluten|dairy|garlic"
    ),
    "property": (
        "deck|patio|lawn|grass|yard|tables?|floors?|concrete|pavers?|driveway|fence|carpet|rug"
        "|furniture|house|garage|ceiling|walls?|couch|chairs?|umbrella|tent|car|awning|windows?"
        "|counters?|siding|roof|gazebo|pergola"
    ),
    "relative": (
        "kids?|son|daughter|child|children|guests?|wife|husband|mom|dad|baby|friend|cousin|nephew"
        "|niece|uncle|aunt|grandma|grandpa|toddler"
    ),
    "body": "hands?|arms?|face|hair|fingers?|legs?|foot|feet|skin|eyebrows?",
    "cook": "chef|guy|cook|he|she|they|driver|staff|team|you guys",
    "event": "booking|reservation|party|event|appointment|dinner|hibachi|catering|date",
    "soon": "today|tonight|tomorrow|this evening|this afternoon",
    "upset": "angry|upset|mad (at|about)|frustrated|annoyed|unhappy|disappointed|let down",
    "service": (
        "service|experiences?|jobs?|food|chef|meal|company|communication|attitude|party|night"
        "|dinner|quality|business|hospitality|impression|order|event|booking|show"
    ),
    "poor": (
        "awful|terrible|horrible|bad|poor|pathetic|worst|disaster|lousy|nightmare|joke|subpar"
        "|underwhelming"
    ),
    "spoilt": (
        "cold|raw|undercooked|overcooked|burnt|burned|spoiled|rotten|gross|awful|terrible|horrible"
        "|bland|dry|stale|mushy|greasy|tasteless|pink inside|too salty|off|funny|weird"
    ),
    "money back": "refund(ed)?|money back|deposit (back|returned)",
    "money": "money|refund|deposit",
    "call": "call|ring|phone|contact|reach out to|get back to|reply to",
    "staff": (
        "(real|actual|live) (person|human|agent)|humans?|human being|[sales] representative|agent"
        "|supervisor|operator|manager"
    ),
    "bot": "bots?|robots?|machines?|computers?|chatbots?|ai|automated",
    "called off": (
        "cancel*|postpon*|reschedul*|call [it|this] off|what (should|do|can) (we|i)"
        "|still (on|coming)|(new|another) date"
    ),
    "bad weather": "rain*|storm*|forecast|weather|winds?|windy|wildfires?|smok(e|y)|heat ?wave",
    "told": "quoted|told|given|advertised|(you|website|site|they|he|she) (said|says)",
    "source": "website|site|online|instagram|facebook|flyer|ad|google|you|they|someone|chef",
    "figure": "(price|quote|cost|total|rate)s?",
    "time": "time|year|month|summer|week",
    "few": "a|an|a few|\\d+|one|two|three|four|five",
    "price": "\\$\\d*|dollars?|price|cost|fee|per (person|adult|head)|cheaper|minimum|free",
    "but": "(but|why|however|now|instead) (you|now|it|the|your|this|i|that|then|is|are|we)",
    "function": (
        "party|event|picnic|dinner|lunch|luncheon|retreat|function|outing|gathering|celebration"
        "|appreciation|offsite"
    ),
    "make": (
        "make|cook|do|prepare|serve|bring|add|include|get|have|grill|offer|provide|order|swap"
        "|substitute"
    ),
    "room": (
        "house|home|garage|kitchen|living room|building|venue|office|barn|hall|sunroom|basement"
        "|room|tent"
    ),
    "if": "if|in case|policy|policies|happens when|refundable|hypothetically",
}
"""In the notation of the wordings; a list may hold another."""

WHOLE_MESSAGES = frozenset(
    {"agent", "human", "a human", "person", "a person", "representative", "rep", "operator"}
    | {"manager", "supervisor", "owner", "staff", "real person", "live person", "live agent"}
    | {"customer service", "customer support", "support", "call me", "call us", "please call"}
    | {"call me please", "please call me", "human please", "agent please"}
)
"""Messages that ask for a person by one bare word."""
