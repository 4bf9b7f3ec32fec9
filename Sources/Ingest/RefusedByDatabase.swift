import PaymentEvents
import Postgres

extension ContractViolation {
    /// What the database has against an event; `nil` when the event is not to blame.
    init?(_ error: PostgresError) {
        guard error.code == .server, let constraint = error.constraint else { return nil }
        let (token, rule): (String?, ContractViolation.Rule)
        switch constraint {
        case "event_tenant_known", "event_channel_known": (token, rule) = ("tenant", .oneOf)
        case "event_type_known": (token, rule) = ("type", .unknownType)
        case "event_key_source_length": (token, rule) = ("source", .length)
        case "event_key_length": (token, rule) = ("idempotency_key", .length)
        case "event_ordering_key_length": (token, rule) = ("ids", .length)
        case "event_body_size": (token, rule) = (nil, .jsonSize)
        default: return nil
        }
        self.init(
            pointer: JSONPointer(tokens: token.map { [$0] } ?? []), rule: rule,
            reason: error.hint.map { "\(error.message); \($0)" } ?? error.message)
    }
}
