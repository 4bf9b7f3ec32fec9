/// Where one account's events are sent, and how badly (`POST /_sandbox/webhooks`).
package struct WebhookEndpoint: Codable, Sendable, Equatable {
    /// The Stripe account, `acct_…`.
    package var account: String
    package var url: String
    /// One `v1` signature is sent for each.
    package var secrets: [String]
    /// The share of events that are sent once more after they were delivered.
    package var duplicateRate: Double
    /// The share of occurrences for which a second Event object with another id is made.
    package var twinRate: Double
    /// The share of events that are never sent.
    package var lossRate: Double
    /// The share of events that are held back for a random time of up to `disorder_window_ms`.
    package var disorderRate: Double
    package var disorderWindowMs: Int
    /// Requests in flight at once. With 1 and no disorder, events arrive in their order.
    package var concurrency: Int
    /// The first wait before a retry; it doubles up to `retry_max_ms`, with jitter.
    package var retryInitialMs: Int
    package var retryMaxMs: Int

    package init(
        account: String, url: String, secrets: [String], duplicateRate: Double = 0,
        twinRate: Double = 0, lossRate: Double = 0, disorderRate: Double = 0,
        disorderWindowMs: Int = 250, concurrency: Int = 8, retryInitialMs: Int = 100,
        retryMaxMs: Int = 5_000
    ) {
        self.account = account
        self.url = url
        self.secrets = secrets
        self.duplicateRate = duplicateRate
        self.twinRate = twinRate
        self.lossRate = lossRate
        self.disorderRate = disorderRate
        self.disorderWindowMs = disorderWindowMs
        self.concurrency = concurrency
        self.retryInitialMs = retryInitialMs
        self.retryMaxMs = retryMaxMs
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func number<N: Decodable>(_ key: CodingKeys, else standard: N) throws -> N {
            try values.decodeIfPresent(N.self, forKey: key) ?? standard
        }
        self.init(
            account: try values.decode(String.self, forKey: .account),
            url: try values.decode(String.self, forKey: .url),
            secrets: try values.decode([String].self, forKey: .secrets),
            duplicateRate: try number(.duplicateRate, else: 0),
            twinRate: try number(.twinRate, else: 0),
            lossRate: try number(.lossRate, else: 0),
            disorderRate: try number(.disorderRate, else: 0),
            disorderWindowMs: try number(.disorderWindowMs, else: 250),
            concurrency: try number(.concurrency, else: 8),
            retryInitialMs: try number(.retryInitialMs, else: 100),
            retryMaxMs: try number(.retryMaxMs, else: 5_000))
    }
}
