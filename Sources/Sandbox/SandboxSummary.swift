/// The counts of a sandbox (`GET /_sandbox/summary`).
package struct SandboxSummary: Codable, Sendable, Equatable {
    package var stripe: APISummary
    package var commerceCloud: APISummary
    /// Accepted order writes that set what was already there.
    package var unchangedOrderWrites: Int
    /// Calls of the Account Manager's token endpoint, refused ones included.
    package var tokenRequests: Int
    package var webhooks: WebhookSummary
}

/// What arrived at one double, and what came of it.
package struct APISummary: Codable, Sendable, Equatable {
    package var requests: Int
    package var requestsByOperation: [String: Int]
    /// By HTTP status, `dropped_before_effect` or `dropped_after_effect`.
    package var requestsByOutcome: [String: Int]
    package var effectsByKind: [String: Int]
    /// 1 when every business intention had one effect, 0 when there was none at all.
    package var effectsPerIntentionMax: Int
    /// Business intentions with more than one effect. Must be empty.
    package var repeatedIntentions: [String]
    /// The most calls within any one second, refused ones included, by account or client.
    package var peakPerSecond: [String: Int]
    /// Mutations that arrived while another mutation of the same object was running.
    package var overlaps: Int
    /// Mutations that are running now.
    package var running: Int
}

/// What became of the Stripe double's events.
package struct WebhookSummary: Codable, Sendable, Equatable {
    /// Event objects, twins included.
    package var events = 0
    package var twins = 0
    /// Events that are never sent and only listed in `GET /v1/events`.
    package var lost = 0
    /// HTTP requests sent, retries and duplicates included.
    package var attempts = 0
    /// Events that an endpoint has answered with 2xx.
    package var delivered = 0
    /// Deliveries that were sent again although they had been answered with 2xx.
    package var duplicates = 0
    /// Attempts that got no 2xx.
    package var failures = 0
    /// Deliveries still waiting or in flight.
    package var pending = 0
}
