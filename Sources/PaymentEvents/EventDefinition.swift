/// Everything Clearway knows about one type of event; adding a type is adding one of these values.
///
/// It holds data only, no code: validation, routing, ordering, dedupe, priority and ownership all
/// read it, so there is no second place to change.
package struct EventDefinition: Sendable, Hashable {
    /// Whether the event asks for something or reports it.
    package enum Kind: String, Sendable, Hashable {
        /// Do this.
        case command
        /// This happened.
        case fact
    }

    /// From which system to which.
    package enum Direction: String, Sendable, Hashable {
        case commerceToStripe = "commerce_to_stripe"
        case stripeToCommerce = "stripe_to_commerce"
        case stripeToFinance = "stripe_to_finance"
    }

    /// One destination of the event and the key that orders it there.
    package struct Route: Sendable, Hashable {
        package var destination: Destination
        package var ordering: Ordering

        package init(_ destination: Destination, ordering: Ordering) {
            self.destination = destination
            self.ordering = ordering
        }
    }

    /// How the ordering key follows from the event's ids.
    package enum Ordering: Sendable, Hashable {
        /// `payment_intent:pi_…`: the name of the id and its value.
        case object(IDName)
        /// `order:<site_id>/<order_no>`.
        case order

        /// The ids without which no key can be made.
        package var ids: [IDName] {
            switch self {
            case .object(let name): [name]
            case .order: [.siteID, .orderNo]
            }
        }
    }

    /// What makes two events of this type the same one.
    package enum Dedupe: Sendable, Hashable {
        /// The producer's idempotency key names the intention; tenant, source and key are unique.
        case operation
        /// The state of an object: its id and a fingerprint over these fields. Twins of a webhook
        /// get the same idempotency key, successive states of one object different ones.
        case state(of: IDName, fields: [String])
    }

    /// Whether the event carries money, and with which sign.
    package enum MoneyRule: Sendable, Hashable {
        case required(AmountSign)
        case optional(AmountSign)
        case forbidden
    }

    /// What `deadline_at` means for the type.
    package enum DeadlineRule: Sendable, Hashable {
        /// The type has no deadline; giving one is refused, because it would drop a fact.
        case forbidden
        case optional
        case required
    }

    /// What becomes of later messages with the same ordering key once this one is dead.
    package enum SuccessorPolicy: String, Sendable, Hashable {
        /// They wait for a person: a refund must not overtake a dead capture.
        case hold
        /// They go on: this one's failure says nothing about them.
        case goOn = "go_on"
    }

    package var type: EventType
    /// The newest version; lower ones from 1 on are accepted too.
    package var schemaVersion: Int
    package var kind: Kind
    package var direction: Direction
    /// Never empty; each becomes one message.
    package var routes: [Route]
    /// The short name in the key sent to Stripe (`capture`); `nil` for facts.
    package var operation: String?
    package var dedupe: Dedupe
    /// 0 is served first, 9 last.
    package var priority: Int
    package var successors: SuccessorPolicy
    /// Ids needed beside those that the ordering keys need.
    package var requiredIDs: [IDName]
    package var money: MoneyRule
    package var deadline: DeadlineRule
    /// The fields of `data` that the contract describes; others are kept untouched.
    package var dataFields: [DataField]
    package var owner: OwnerTeam
    /// Tries that cost an attempt before the message is dead.
    package var attemptsMax: Int

    package init(
        type: EventType, schemaVersion: Int = 1, kind: Kind, direction: Direction,
        routes: [Route], operation: String? = nil, dedupe: Dedupe, priority: Int,
        successors: SuccessorPolicy, requiredIDs: [IDName] = [], money: MoneyRule,
        deadline: DeadlineRule = .forbidden, dataFields: [DataField] = [], owner: OwnerTeam,
        attemptsMax: Int = 20
    ) {
        precondition(!routes.isEmpty, "\(type) needs a destination")
        precondition((0...9).contains(priority), "\(type): a priority is 0 to 9")
        precondition(
            (kind == .command) == (operation != nil), "\(type): commands name an operation")
        self.type = type
        self.schemaVersion = schemaVersion
        self.kind = kind
        self.direction = direction
        self.routes = routes
        self.operation = operation
        self.dedupe = dedupe
        self.priority = priority
        self.successors = successors
        self.requiredIDs = requiredIDs
        self.money = money
        self.deadline = deadline
        self.dataFields = dataFields
        self.owner = owner
        self.attemptsMax = attemptsMax
    }

    package var destinations: [Destination] { routes.map(\.destination) }

    /// The idempotency key of a fact that reports an object's state; see `Dedupe.state`.
    ///
    /// A translator passes the object's id and the state it read. Fields that the definition does
    /// not list are ignored, listed ones that are absent count as null.
    package func factKey(
        account: String, objectID: String, state: [String: JSONValue]
    ) throws(ContractViolation) -> IdempotencyKey {
        guard case .state(_, let fields) = dedupe else {
            preconditionFailure("\(type) is deduplicated by its operation, not by state")
        }
        var relevant: [String: JSONValue] = [:]
        for field in fields { relevant[field] = state[field] ?? .null }
        let fingerprint = StateFingerprint(relevant)
        return try IdempotencyKey(
            validating: "\(account):\(type):\(objectID):\(fingerprint.hex)")
    }
}
