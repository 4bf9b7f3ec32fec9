import Foundation
import PaymentEvents

/// The commands that an order's life asks for, as canonical events.
struct DemoCommands: Sendable {
    /// Told by the producers; the same for both sendings of a command.
    let occurredAt: Date

    /// In the order in which they must take effect.
    func events(
        of order: DemoPlan.Order, paymentIntent: String
    ) throws(EventRejection) -> [PaymentEvent] {
        let ask = Ask(order: order, paymentIntent: paymentIntent, occurredAt: occurredAt)
        switch order.life {
        case .captured(let amount):
            return [try ask.event(.captureRequested, "ship", amount)]
        case .refunded(let captured, let refund):
            return [
                try ask.event(.captureRequested, "ship", captured),
                try ask.event(.refundRequested, "return", refund),
            ]
        case .voided:
            return [try ask.event(.voidRequested, "cancel", nil)]
        }
    }

    private struct Ask {
        let order: DemoPlan.Order
        let paymentIntent: String
        let occurredAt: Date

        func event(
            _ type: EventType, _ act: String, _ amount: Int?
        ) throws(EventRejection) -> PaymentEvent {
            var money: Money?
            if let amount, let currency = Currency(DemoPlan.currency) {
                money = Money(minorUnits: Int64(amount), currency: currency)
            }
            let source =
                switch order.producer {
                case .http: "sfcc:\(order.siteID)"
                case .sql: "oms"
                case .file: "erp"
                }
            let key = "\(act)-\(order.siteID)-\(order.orderNo)"
            return try PaymentEvent(
                EventDraft(
                    type: type, tenant: DemoPlan.tenant, source: source,
                    idempotencyKey: key, occurredAt: occurredAt, money: money,
                    ids: [
                        "order_no": order.orderNo, "site_id": order.siteID,
                        "payment_intent": paymentIntent,
                    ]))
        }
    }
}
