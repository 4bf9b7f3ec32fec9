package import Foundation

/// How ingest listens and whom it believes.
package struct IngestSettings: Sendable {
    package var host = "127.0.0.1"
    /// 0 lets the system choose.
    package var port = 8080
    package var bodyBytesMax = 5 * 1024 * 1024
    /// The secrets that sign `POST /v1/events`, read for each request so that they can be rolled.
    package var secrets: @Sendable () -> [String]
    /// By Stripe account, the last part of the path.
    package var webhooks: [String: any WebhookTranslator]
    package var now: @Sendable () -> Date

    package init(
        secrets: @escaping @Sendable () -> [String],
        webhooks: [String: any WebhookTranslator] = [:],
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.secrets = secrets
        self.webhooks = webhooks
        self.now = now
    }
}
