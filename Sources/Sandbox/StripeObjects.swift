import Foundation

/// A PaymentIntent of the double. Amounts are in the currency's minor unit.
struct PaymentIntent: Sendable {
    enum Status: String, Sendable {
        case requiresPaymentMethod = "requires_payment_method"
        case requiresConfirmation = "requires_confirmation"
        case requiresCapture = "requires_capture"
        case canceled
        case succeeded
    }

    var id: String
    var account: String
    var amount: Int
    var amountCapturable = 0
    var amountReceived = 0
    var currency: String
    var captureMethod: String
    var paymentMethod: String?
    var customer: String?
    var description: String?
    var statementDescriptorSuffix: String?
    var metadata: [String: String]
    var created: Date
    var canceledAt: Date?
    var cancellationReason: String?
    var latestCharge: String?
    var status: Status

    /// Stripe's JSON; with `charge` the member `latest_charge` is expanded.
    func json(charge: JSON?) -> JSON {
        [
            "amount": .int(amount),
            "amount_capturable": .int(amountCapturable),
            "amount_details": ["tip": [:]],
            "amount_received": .int(amountReceived),
            "application": nil,
            "application_fee_amount": nil,
            "automatic_payment_methods": nil,
            "canceled_at": canceledAt.map(JSON.seconds) ?? .null,
            "cancellation_reason": .string(orNull: cancellationReason),
            "capture_method": .string(captureMethod),
            "client_secret": .string(id + "_secret_" + String(id.suffix(12))),
            "confirmation_method": "automatic",
            "created": .seconds(created),
            "currency": .string(currency),
            "customer": .string(orNull: customer),
            "description": .string(orNull: description),
            "id": .string(id),
            "last_payment_error": nil,
            "latest_charge": charge ?? .string(orNull: latestCharge),
            "livemode": false,
            "metadata": .strings(metadata),
            "next_action": nil,
            "object": "payment_intent",
            "on_behalf_of": nil,
            "payment_method": .string(orNull: paymentMethod),
            "payment_method_options": [:],
            "payment_method_types": ["card"],
            "processing": nil,
            "receipt_email": nil,
            "review": nil,
            "setup_future_usage": nil,
            "shipping": nil,
            "source": nil,
            "statement_descriptor": nil,
            "statement_descriptor_suffix": .string(orNull: statementDescriptorSuffix),
            "status": .string(status.rawValue),
            "transfer_data": nil,
            "transfer_group": nil,
        ]
    }
}

/// A Charge of the double: one authorization of a PaymentIntent.
struct Charge: Sendable {
    var id: String
    var paymentIntent: String
    var amount: Int
    var amountCaptured = 0
    var amountRefunded = 0
    var currency: String
    var paymentMethod: String?
    var metadata: [String: String]
    var created: Date
    var captureBefore: Date
    var isCaptured = false
    var isPaid = true
    var isExpired = false
    var refunds: [String] = []

    /// What can still be refunded.
    var refundable: Int { isCaptured ? amountCaptured - amountRefunded : 0 }

    var json: JSON {
        [
            "amount": .int(amount),
            "amount_captured": .int(amountCaptured),
            "amount_refunded": .int(amountRefunded),
            "application": nil,
            "balance_transaction": isCaptured ? .string("txn_" + id.dropFirst(3)) : .null,
            "billing_details": [
                "address": nil, "email": nil, "name": nil, "phone": nil, "tax_id": nil,
            ],
            "calculated_statement_descriptor": nil,
            "captured": .bool(isCaptured),
            "created": .seconds(created),
            "currency": .string(currency),
            "customer": nil,
            "description": nil,
            "disputed": false,
            "failure_code": isPaid ? nil : "card_declined",
            "failure_message": isPaid ? nil : "Your card was declined.",
            "fraud_details": [:],
            "id": .string(id),
            "livemode": false,
            "metadata": .strings(metadata),
            "object": "charge",
            "outcome": outcome,
            "paid": .bool(isPaid),
            "payment_intent": .string(paymentIntent),
            "payment_method": .string(orNull: paymentMethod),
            "payment_method_details": methodDetails,
            "receipt_email": nil,
            "refunded": .bool(amountCaptured > 0 && amountRefunded == amountCaptured),
            "review": nil,
            "shipping": nil,
            "status": isPaid ? "succeeded" : "failed",
            "transfer_group": nil,
        ]
    }

    private var outcome: JSON {
        [
            "network_status": isPaid ? "approved_by_network" : "declined_by_network",
            "reason": isPaid ? nil : "generic_decline",
            "risk_level": "normal",
            "risk_score": 12,
            "seller_message": isPaid ? "Payment complete." : "The bank declined the payment.",
            "type": isPaid ? "authorized" : "issuer_declined",
        ]
    }

    private var methodDetails: JSON {
        [
            "card": [
                "amount_authorized": .int(amount),
                "brand": "visa",
                "capture_before": isCaptured ? .null : .seconds(captureBefore),
                "checks": ["cvc_check": "pass"],
                "country": "US",
                "exp_month": 8,
                "exp_year": 2030,
                "funding": "credit",
                "last4": "4242",
                "multicapture": ["status": "available"],
                "network": "visa",
                "wallet": nil,
            ],
            "type": "card",
        ]
    }
}

/// A Refund of the double.
struct Refund: Sendable {
    var id: String
    var account: String
    var charge: String
    var paymentIntent: String
    var amount: Int
    var currency: String
    var reason: String?
    var metadata: [String: String]
    var created: Date
    var status: String

    var json: JSON {
        [
            "amount": .int(amount),
            "balance_transaction": .string("txn_" + id.dropFirst(3)),
            "charge": .string(charge),
            "created": .seconds(created),
            "currency": .string(currency),
            "destination_details": ["card": ["type": "refund"], "type": "card"],
            "id": .string(id),
            "metadata": .strings(metadata),
            "object": "refund",
            "payment_intent": .string(paymentIntent),
            "reason": .string(orNull: reason),
            "receipt_number": nil,
            "source_transfer_reversal": nil,
            "status": .string(status),
            "transfer_reversal": nil,
        ]
    }
}
