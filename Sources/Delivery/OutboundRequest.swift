/// The exact calls that deliver one message, as they are stored before the first byte leaves.
///
/// A Stripe command is one step with an idempotency key. An SFCC update may be several steps, each
/// of which sets absolute values and may therefore be repeated.
package struct OutboundRequest: Sendable, Equatable, Codable {
    /// One HTTP call.
    package struct Step: Sendable, Equatable, Codable {
        /// The HTTP method, upper case.
        package var method: String
        /// Path and query below the destination's base URL, percent-encoded, with a leading slash.
        package var path: String
        /// The media type of `body`; `nil` when there is no body.
        package var contentType: String?
        /// The body, byte for byte.
        package var body: [UInt8]

        package init(method: String, path: String, contentType: String? = nil, body: [UInt8] = []) {
            self.method = method
            self.path = path
            self.contentType = contentType
            self.body = body
        }
    }

    /// The calls, in order. A later one is made only after the earlier ones succeeded.
    package var steps: [Step]
    /// The key that names the business intention at the destination; `nil` where the destination
    /// has no such thing (SCAPI) and every step is safe to repeat.
    package var idempotencyKey: String?
    /// Sent as `correlation-id` to SFCC and in the metadata of Stripe objects.
    package var correlationID: String?

    package init(steps: [Step], idempotencyKey: String? = nil, correlationID: String? = nil) {
        self.steps = steps
        self.idempotencyKey = idempotencyKey
        self.correlationID = correlationID
    }
}
