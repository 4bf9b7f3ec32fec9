import Sandbox

/// Whether every order of the plan had exactly the effects it asked for, told by the doubles' ledger.
///
/// It reads nothing of the queue's own tables, so it cannot be wrong in the same way as they are.
struct DemoVerdict: Sendable, Equatable {
    /// One kind of effect: how many intentions, how many effects.
    struct Line: Sendable, Equatable {
        let name: String
        let expected: Int
        let found: Int
        /// Intentions without their effect.
        let lost: Int
        /// Effects beyond the first of an intention.
        let duplicated: Int
    }

    private(set) var lines: [Line] = []
    /// What differs, in the order of the plan.
    private(set) var differences: [String] = []

    var lost: Int { lines.reduce(0) { $0 + $1.lost } }
    var duplicated: Int { lines.reduce(0) { $0 + $1.duplicated } }
    var holds: Bool { differences.isEmpty && lost == 0 && duplicated == 0 }

    /// - Parameters:
    ///   - ledger: every effect at both doubles.
    ///   - orders: the SFCC orders as they stand, by order number.
    init(plan: DemoPlan, ledger: Ledger, orders: [String: OrderState], summary: SandboxSummary) {
        let effects = Dictionary(grouping: ledger.stripe) { $0.orderNo ?? "" }
        for kind in StripeEffect.Kind.allCases {
            compare(kind, plan, effects)
        }
        compareOrders(plan, ledger, orders)
        for effect in ledger.stripe where effect.orderNo == nil {
            differences.append("a \(effect.kind.rawValue) of \(effect.paymentIntent) has no order")
        }
        for intention in summary.stripe.repeatedIntentions {
            differences.append("Stripe: repeated intention \(intention)")
        }
        for intention in summary.commerceCloud.repeatedIntentions {
            differences.append("SFCC: repeated change \(intention)")
        }
    }

    private mutating func compare(
        _ kind: StripeEffect.Kind, _ plan: DemoPlan, _ effects: [String: [StripeEffect]]
    ) {
        var (expected, found, lost, duplicated) = (0, 0, 0, 0)
        for order in plan.orders {
            let made = effects[order.orderNo, default: []].filter { $0.kind == kind }
            found += made.count
            guard let amount = order.amount(of: kind) else {
                duplicated += made.count
                if !made.isEmpty {
                    differences.append(
                        "order \(order.orderNo): \(made.count) \(kind.rawValue)s, expected none")
                }
                continue
            }
            expected += 1
            if made.isEmpty { lost += 1 }
            duplicated += max(0, made.count - 1)
            if made.map(\.amount) != [amount] {
                differences.append(
                    "order \(order.orderNo): \(kind.rawValue) \(made.map(\.amount)), "
                        + "expected [\(amount)]")
            }
        }
        lines.append(
            Line(
                name: kind.rawValue, expected: expected, found: found, lost: lost,
                duplicated: duplicated))
    }

    private mutating func compareOrders(
        _ plan: DemoPlan, _ ledger: Ledger, _ orders: [String: OrderState]
    ) {
        let intents = Dictionary(
            ledger.paymentIntents.map { ($0.orderNo ?? "", $0.id) }, uniquingKeysWith: { $1 })
        var right = 0
        for order in plan.orders {
            guard let state = orders[order.orderNo] else {
                differences.append("order \(order.orderNo) is not in SFCC")
                continue
            }
            var wrong: [String] = []
            if state.status != "new" { wrong.append("status \(state.status), expected new") }
            let payment = order.paymentStatus
            if state.paymentStatus != payment {
                wrong.append("payment status \(state.paymentStatus), expected \(payment)")
            }
            let intent = intents[order.orderNo] ?? "none"
            if state.attributes["c_stripePaymentIntentID"] != intent {
                wrong.append("PaymentIntent not recorded, expected \(intent)")
            }
            let hasRefund = state.attributes["c_stripeRefundId"] != nil
            if hasRefund != (order.amount(of: .refund) != nil) {
                wrong.append(hasRefund ? "a refund is recorded" : "no refund is recorded")
            }
            if wrong.isEmpty { right += 1 }
            differences += wrong.map { "SFCC order \(order.orderNo): \($0)" }
        }
        // Writes are absolute values, so a repeated one leaves the order as it was: a change that
        // happened twice is listed as a repeated intention.
        lines.append(
            Line(
                name: "order in its state", expected: plan.orders.count, found: right,
                lost: plan.orders.count - right, duplicated: 0))
    }
}

extension DemoPlan.Order {
    /// What an effect of this kind must amount to; `nil` when there must be none.
    func amount(of kind: StripeEffect.Kind) -> Int? {
        switch (kind, life) {
        case (.authorization, _): amount
        case (.capture, .captured(let captured)): captured
        case (.capture, .refunded(let captured, _)): captured
        case (.cancel, .voided): amount
        case (.refund, .refunded(_, let refund)): refund
        default: nil
        }
    }

    /// The order's payment status in SFCC at the end; it has no value for refunded.
    var paymentStatus: String {
        guard let captured = amount(of: .capture) else { return "not_paid" }
        return captured >= amount ? "paid" : "part_paid"
    }
}
