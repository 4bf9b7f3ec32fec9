import ArgumentParser
import MessageQueue

/// Adds the merchants that this queue serves.
struct Tenant: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Add the merchants that this queue serves.",
        subcommands: [Add.self, List.self])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a tenant with its channels, or change its budgets.",
            discussion: """
                Adding a tenant again changes nothing but the budgets that are given. A budget is \
                what all workers together may spend; without one there is no limit. Stripe allows \
                100 calls a second in live mode and 25 in a sandbox.

                Example: clearway tenant add acme-us --stripe-calls-per-second 80
                """)

        @Argument(help: "1 to 63 of a-z, 0-9 and '-', such as acme-us.")
        var name: String

        @Option(help: "Calls per second to Stripe.")
        var stripeCallsPerSecond: Int?

        @Option(help: "Calls per second to SFCC.")
        var commerceCloudCallsPerSecond: Int?

        @OptionGroup var options: CommonOptions

        func validate() throws {
            guard
                name.wholeMatch(of: /[a-z0-9][a-z0-9-]{0,62}/) != nil
            else {
                throw ValidationError(
                    "a tenant's name is 1 to 63 of a-z, 0-9 and '-', not starting with '-'")
            }
            for rate in [stripeCallsPerSecond, commerceCloudCallsPerSecond].compactMap({ $0 })
            where !(1...100_000).contains(rate) {
                throw ValidationError("a budget is 1 to 100000 calls per second")
            }
        }

        func run() async throws {
            let settings = try await options.settings()
            try await withDatabase(settings) { pool in
                let queue = MessageQueue(pool: pool)
                let id = try await queue.addTenant(name)
                let budgets: [(Int16, Int?)] = [
                    (1, stripeCallsPerSecond), (2, commerceCloudCallsPerSecond),
                ]
                for (destination, rate) in budgets {
                    guard let rate else { continue }
                    try await queue.setBudget(
                        tenantID: id, destinationID: destination, callsPerSecond: rate)
                }
                let rates = try await queue.channels().filter { $0.tenantID == id }
                    .sorted { $0.destinationID < $1.destinationID }
                    .map { Self.text($0) }
                print("tenant \(name): \(rates.joined(separator: ", "))")
            }
        }

        private static func text(_ channel: MessageQueue.Channel) -> String {
            let names: [Int16: String] = [1: "stripe", 2: "commerce_cloud", 3: "finance"]
            let name = names[channel.destinationID] ?? "destination \(channel.destinationID)"
            let rate = channel.callsPerSecond.map { "\($0) calls/s" } ?? "no budget"
            return "\(name) \(rate)"
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the tenants.")

        @OptionGroup var options: CommonOptions

        func run() async throws {
            let settings = try await options.settings()
            let names = try await withDatabase(settings) { pool in
                try await MessageQueue(pool: pool).tenantNames()
            }
            for name in names { print(name) }
        }
    }
}
