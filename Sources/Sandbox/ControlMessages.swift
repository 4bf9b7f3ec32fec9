package import Foundation

/// A PaymentIntent as it stands (`GET /_sandbox/payment_intents`).
package struct PaymentIntentState: Codable, Sendable, Equatable {
    package var id: String
    package var account: String
    package var status: String
    package var amount: Int
    package var amountCapturable: Int
    package var amountReceived: Int
    package var amountRefunded: Int
    package var currency: String
    package var captureMethod: String
    package var latestCharge: String?
    package var refunds: [String]
    package var metadata: [String: String]
}

/// An order as it stands (`GET /_sandbox/orders/{order_no}`).
package struct OrderState: Codable, Sendable, Equatable {
    package var siteId: String
    package var orderNo: String
    /// In major units, as SFCC writes it, such as `110.24`.
    package var total: String
    package var currency: String
    package var status: String
    package var paymentStatus: String
    package var exportStatus: String
    package var externalStatus: String?
    package var confirmationStatus: String
    package var shippingStatus: String
    /// The `c_*` attributes; other values than strings as JSON text.
    package var attributes: [String: String]
}

/// One order of `POST /_sandbox/orders`; its status starts as `created`.
package struct OrderSeed: Codable, Sendable, Equatable {
    package var orderNo: String
    package var siteId: String
    /// In major units, such as `110.24`.
    package var total: String
    package var currency: String
    /// `created` when absent.
    package var status: String?

    package init(
        orderNo: String, siteId: String, total: String, currency: String, status: String? = nil
    ) {
        self.orderNo = orderNo
        self.siteId = siteId
        self.total = total
        self.currency = currency
        self.status = status
    }
}

/// The body of `POST /_sandbox/orders`.
package struct OrderSeeds: Codable, Sendable {
    package var orders: [OrderSeed]
}

/// The body of `POST /_sandbox/attributes`: changes a site's attribute definitions of orders.
package struct AttributeChange: Codable, Sendable {
    package var siteId: String
    package var install: [String]?
    package var uninstall: [String]?
}

/// The attribute definitions of a site's orders.
package struct AttributeDefinitions: Codable, Sendable, Equatable {
    package var siteId: String
    package var attributes: [String]
}

/// The body of `POST /_sandbox/clock`. `set` goes first, then `advance_seconds`.
package struct ClockChange: Codable, Sendable {
    package var set: Date?
    package var advanceSeconds: Double?
    /// Stops or restarts the clock.
    package var frozen: Bool?
}

/// The doubles' time of day.
package struct ClockReading: Codable, Sendable, Equatable {
    package var now: Date
}

/// The body of `POST /_sandbox/limits`: accepted calls per second, `null` for none.
package struct RateLimitChange: Codable, Sendable {
    /// A Stripe account or an Account Manager client.
    package var caller: String
    package var requestsPerSecond: Int?
}

/// How the control API writes JSON: snake_case names, ISO 8601 times with milliseconds.
enum ControlCoding {
    static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(date.formatted(style))
        }
        return Array(try encoder.encode(value))
    }

    static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        decoder.dateDecodingStrategy = .custom { decoder in
            let text = try decoder.singleValueContainer().decode(String.self)
            return try (try? style.parse(text)) ?? Date.ISO8601FormatStyle().parse(text)
        }
        return try decoder.decode(type, from: Data(bytes))
    }

    private static var style: Date.ISO8601FormatStyle {
        Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    }
}
