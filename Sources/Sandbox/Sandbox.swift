import Hummingbird
package import Logging
import NIOConcurrencyHelpers
import NIOCore
import ServiceLifecycle

/// Doubles of Stripe and SFCC on one HTTP port, with a ledger of their effects. Not for production.
///
/// It listens on loopback unless told otherwise, refuses live keys, names itself in every answer's
/// `Server` header, and keeps everything in memory. `run()` serves until it is cancelled or shut
/// down; `address` waits until the port is bound.
package final class Sandbox: Service {
    private struct Binding {
        var outcome: Result<SandboxAddress, any Error>?
        var waiters: [CheckedContinuation<SandboxAddress, any Error>] = []
    }

    private let configuration: SandboxConfiguration
    private let logger: Logger
    private let responder: SandboxResponder
    private let webhooks: WebhookSender
    private let binding = NIOLockedValueBox(Binding())

    package init(
        configuration: SandboxConfiguration = SandboxConfiguration(),
        logger: Logger = Logger(label: "clearway.sandbox")
    ) {
        self.configuration = configuration
        self.logger = logger
        let clock = SandboxClock()
        let ledger = EffectLedger()
        let faults = FaultRules(seed: configuration.seed)
        webhooks = WebhookSender(clock: clock, seed: configuration.seed, logger: logger)
        let accountManager = AccountManager(
            configuration: configuration, clock: clock, faults: faults)
        let stripe = StripeDouble(
            configuration: configuration, clock: clock, faults: faults, ledger: ledger,
            webhooks: webhooks)
        let commerceCloud = CommerceCloudDouble(
            configuration: configuration, accountManager: accountManager, clock: clock,
            faults: faults, ledger: ledger)
        responder = SandboxResponder(
            stripe: stripe, accountManager: accountManager, commerceCloud: commerceCloud,
            control: ControlRoutes(
                stripe: stripe, commerceCloud: commerceCloud, accountManager: accountManager,
                webhooks: webhooks, faults: faults, ledger: ledger, clock: clock))
    }

    /// Where the sandbox listens. Waits until it does; throws when it cannot (port in use).
    package var address: SandboxAddress {
        get async throws {
            try await withCheckedThrowingContinuation { continuation in
                let outcome = binding.withLockedValue { binding in
                    if binding.outcome == nil { binding.waiters.append(continuation) }
                    return binding.outcome
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        }
    }

    /// Serves until the task is cancelled or its service group shuts down.
    package func run() async throws {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let application = Application(
            responder: responder,
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port),
                serverName: "clearway-sandbox"),
            services: [webhooks],
            onServerRunning: { channel in self.bind(to: channel) },
            logger: quiet)
        do {
            try await application.run()
            settle(.failure(CancellationError()))
        } catch {
            settle(.failure(error))
            throw error
        }
    }

    private func bind(to channel: any Channel) {
        let address = SandboxAddress(
            host: configuration.host, port: channel.localAddress?.port ?? configuration.port)
        logger.notice(
            "SANDBOX: doubles of Stripe and SFCC, nothing here is real",
            metadata: ["url": "\(address.url)"])
        settle(.success(address))
    }

    private func settle(_ outcome: Result<SandboxAddress, any Error>) {
        let waiters = binding.withLockedValue { binding in
            guard binding.outcome == nil else {
                return [CheckedContinuation<SandboxAddress, any Error>]()
            }
            binding.outcome = outcome
            defer { binding.waiters = [] }
            return binding.waiters
        }
        for waiter in waiters { waiter.resume(with: outcome) }
    }
}

/// Where a running sandbox listens.
package struct SandboxAddress: Sendable, Equatable {
    package var host: String
    package var port: Int

    /// The base URL of everything: Stripe below `/v1`, SCAPI below `/checkout/orders/v1`.
    package var url: String { "http://\(host):\(port)" }
    /// The Account Manager's token endpoint.
    package var tokenURL: String { url + "/dwsso/oauth2/access_token" }
}

/// Runs a sandbox for as long as `body` runs, and hands it the address and a control client.
package func withSandbox<Value: Sendable>(
    configuration: SandboxConfiguration = SandboxConfiguration(),
    logger: Logger = Logger(label: "clearway.sandbox"),
    _ body: @Sendable (SandboxAddress, SandboxControl) async throws -> Value
) async throws -> Value {
    let sandbox = Sandbox(configuration: configuration, logger: logger)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await sandbox.run() }
        let address = try await sandbox.address
        let control = SandboxControl(url: address.url)
        let outcome: Result<Value, any Error>
        do {
            outcome = .success(try await body(address, control))
        } catch {
            outcome = .failure(error)
        }
        group.cancelAll()
        while let end = await group.nextResult() {
            if case .failure(let error) = end, !(error is CancellationError) {
                logger.debug("sandbox ended", metadata: ["error": "\(error)"])
            }
        }
        return try outcome.get()
    }
}
