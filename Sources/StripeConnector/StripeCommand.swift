import Delivery
import PaymentEvents

/// The call that a command becomes: its path and its parameters, in a fixed order.
struct StripeCommand {
    let path: String
    let form: FormParameters

    init(_ event: PaymentEvent) throws(Failure) {
        let intent = try Self.required(event[id: .paymentIntent], "/ids/payment_intent")
        let intentPath = "/v1/payment_intents/\(FormParameters.percentEncoded(intent))"
        var form = FormParameters()
        switch event.type {
        case .captureRequested:
            path = intentPath + "/capture"
            let money = try Self.required(event.money, "/money")
            form.add("amount_to_capture", String(money.minorUnits))
            if let isFinal = event.data["final_capture"]?.boolValue {
                form.add("final_capture", String(isFinal))
            }
            if let suffix = event.data["statement_descriptor_suffix"]?.stringValue {
                form.add("statement_descriptor_suffix", suffix)
            }
            Self.addMetadata(of: event, to: &form)
        case .voidRequested:
            // The endpoint takes no metadata; a canceled payment is its own proof.
            path = intentPath + "/cancel"
            if let reason = event.data["cancellation_reason"]?.stringValue {
                form.add("cancellation_reason", reason)
            }
        case .refundRequested:
            path = "/v1/refunds"
            let money = try Self.required(event.money, "/money")
            form.add("payment_intent", intent)
            form.add("amount", String(money.minorUnits))
            if let reason = event.data["reason"]?.stringValue { form.add("reason", reason) }
            Self.addMetadata(of: event, to: &form)
        default:
            throw .noRule(for: event.type)
        }
        self.form = form
    }

    /// The operation is the proof a look finds; order and site lead a refund's webhooks home.
    private static func addMetadata(of event: PaymentEvent, to form: inout FormParameters) {
        let members = [
            ("connector_op_id", event.operationID?.text), ("order_id", event[id: .orderNo]),
            ("site_id", event[id: .siteID]), ("correlation_id", event.correlationID),
        ]
        for (member, value) in members {
            if let value { form.add("metadata", member, value) }
        }
    }

    private static func required<Value>(
        _ value: Value?, _ pointer: String
    ) throws(Failure) -> Value {
        guard let value else {
            throw Failure(
                cause: .contract, code: "required", message: "the event has no \(pointer)",
                pointer: pointer)
        }
        return value
    }
}
