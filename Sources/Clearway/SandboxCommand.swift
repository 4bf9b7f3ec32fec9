import ArgumentParser
import Foundation
import Logging
import NIOCore
import Sandbox

/// Serves doubles of Stripe and SFCC.
struct SandboxCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sandbox",
        abstract: "Serve doubles of Stripe and SFCC, for trying things out. Not for production.",
        discussion: """
            Everything is kept in memory. Faults, the clock and the ledger of effects are below \
            /_sandbox. Accounts: acct_1SandboxUS (sk_test_sandbox_us), acct_1SandboxEU \
            (sk_test_sandbox_eu); SCAPI organization f_ecom_zzrf_001.
            """)

    @Option(help: "Listen on this address.") var host = "127.0.0.1"
    @Option(help: "Listen on this port; 0 lets the system choose.") var port = 12111
    @Option(help: "What faults are drawn from.") var seed: UInt64 = 1
    @OptionGroup var options: CommonOptions

    func validate() throws {
        guard (0...65535).contains(port) else { throw ValidationError("--port is 0 to 65535") }
    }

    func run() async throws {
        let logger = try startLogging(try await options.settings(), service: "sandbox")
        var configuration = SandboxConfiguration()
        configuration.host = host
        configuration.port = port
        configuration.seed = seed
        do {
            try await runServices(
                [Sandbox(configuration: configuration, logger: logger)], logger: logger)
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw CommandError(
                "\(host):\(port) is in use", next: "stop what listens there, or give --port")
        }
    }
}
