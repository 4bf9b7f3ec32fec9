import Foundation
import Ingest
import Sandbox

/// The settings and arguments that the demo's processes are started with.
struct DemoEnvironment: Sendable {
    static let webhookSecret = "whsec_demo"
    static let producerSecret = "demo-producer-secret"

    let databaseURL: String
    let sandboxPort: Int
    let ingestPort: Int
    let seed: UInt64
    let configuration: SandboxConfiguration

    var account: SandboxConfiguration.StripeAccount { configuration.accounts[0] }
    var sandboxURL: String { "http://127.0.0.1:\(sandboxPort)" }
    var ingestURL: String { "http://127.0.0.1:\(ingestPort)" }

    var sandboxArguments: [String] {
        ["sandbox", "--port", String(sandboxPort), "--seed", String(seed)]
    }
    var ingestArguments: [String] { ["serve"] }
    var enqueueArguments: [String] { ["enqueue", "-"] }

    func workerArguments(name: String) -> [String] { ["work", "--name", name] }

    var variables: [String: String] {
        let commerceCloud = configuration.commerceCloud
        return [
            Setting.databaseURL.name: databaseURL,
            Setting.ingestHost.name: "127.0.0.1",
            Setting.ingestPort.name: String(ingestPort),
            Setting.ingestSecrets.name: Self.producerSecret,
            Setting.stripeAPIBase.name: sandboxURL,
            Setting.stripeSecretKey.name: account.secretKey,
            Setting.stripeWebhookSecrets.name: Self.webhookSecret,
            Setting.stripeAccount.name: account.id,
            Setting.commerceCloudAPIBase.name: sandboxURL,
            Setting.commerceCloudTokenURL.name: sandboxURL + "/dwsso/oauth2/access_token",
            Setting.commerceCloudClientID.name: commerceCloud.clientID,
            Setting.commerceCloudClientSecret.name: commerceCloud.clientSecret,
            Setting.commerceCloudOrganizationID.name: commerceCloud.organization,
            Setting.tenant.name: DemoPlan.tenant,
            // A replaced worker's lanes are taken over sooner, so that nobody has to watch it wait.
            Setting.workerLease.name: "4",
            Setting.logLevel.name: "warning",
        ]
    }
}

extension DemoEnvironment {
    /// Signs a body as a producer does.
    static func signature(of body: [UInt8], at date: Date = Date()) -> [(String, String)] {
        [
            (
                CallerSignature.headerName,
                CallerSignature.header(body: body, secret: producerSecret, at: date)
            )
        ]
    }
}
