package import Foundation

/// One thing that really happened to money at the Stripe double.
package struct StripeEffect: Codable, Sendable, Equatable {
    /// What happened.
    package enum Kind: String, Codable, Sendable, CaseIterable {
        case authorization
        case capture
        case cancel
        case refund
    }

    /// The place in the ledger, from 1, without gaps.
    package var sequence: Int
    package var kind: Kind
    package var account: String
    package var paymentIntent: String
    package var charge: String?
    package var refund: String?
    /// In the currency's minor unit. A cancel carries the amount that was released.
    package var amount: Int
    package var currency: String
    package var idempotencyKey: String?
    /// `metadata[connector_op_id]` of the request, else its idempotency key, else its request id:
    /// effects with the same kind and intention are repeats of one business intention.
    package var intention: String
    /// `metadata[order_id]` of the PaymentIntent.
    package var orderNo: String?
    package var requestId: String
    package var at: Date
}

/// One change that the SFCC double accepted and that altered an order.
package struct OrderChange: Codable, Sendable, Equatable {
    /// The place in the ledger, from 1, without gaps.
    package var sequence: Int
    package var siteId: String
    package var orderNo: String
    /// `status`, `payment_status`, …, or the name of a `c_*` attribute.
    package var field: String
    package var from: String?
    package var to: String?
    package var correlationId: String?
    package var at: Date
}

/// What happened to one PaymentIntent in all.
package struct PaymentIntentTotals: Codable, Sendable, Equatable {
    package var id: String
    package var account: String
    package var orderNo: String?
    package var authorizedAmount = 0
    package var captureCount = 0
    package var capturedAmount = 0
    package var cancelCount = 0
    package var refundCount = 0
    package var refundedAmount = 0
}

/// All effects at both doubles (`GET /_sandbox/ledger`): the truth that "one effect" is judged by.
package struct Ledger: Codable, Sendable, Equatable {
    package var stripe: [StripeEffect] = []
    package var commerceCloud: [OrderChange] = []
    package var paymentIntents: [PaymentIntentTotals] = []
}
