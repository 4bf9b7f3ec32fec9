import ArgumentParser
import Foundation
import Logging
import UnixSignals

/// Shows the whole product at work, faults included, and judges it.
struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Play orders through the whole product, with faults, and judge the result.",
        discussion: """
            Needs nothing running. Starts a private PostgreSQL, doubles of Stripe and SFCC, \
            ingest and two workers, each a process of its own; authorizes, captures, refunds and \
            voids; loses answers, repeats and reorders events, kills a worker; repairs what made \
            dead letters and replays them. The verdict comes from the doubles' ledgers. Exit code \
            0 only when every order had exactly the effects it asked for.

            Example: clearway demo --orders 2000 --seed 7
            """)

    @Option(help: "How many orders, 1 to 100000.")
    var orders = 300

    @Option(help: "The same seed gives the same orders and the same faults.")
    var seed: UInt64 = 1

    @Flag(help: "Keep the database and the logs, and say where they are.")
    var keep = false

    func validate() throws {
        guard (1...100_000).contains(orders) else {
            throw ValidationError("--orders is 1 to 100000")
        }
    }

    func run() async throws {
        let started = ContinuousClock.now
        let plan = DemoPlan(orderCount: orders, seed: seed)
        let display = DemoDisplay()
        var logger = Logger(label: "clearway.demo")
        logger.logLevel = .error
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        let outcome: DemoRun.Report? = try await withThrowingTaskGroup(
            of: DemoRun.Report?.self
        ) { group in
            group.addTask { [seed, keep, logger] in
                try await DemoStack.with(seed: seed, keep: keep, logger: logger) { stack in
                    let report = try await DemoRun(
                        plan: plan, stack: stack, display: display, started: started
                    ).run()
                    if keep { display.say("kept: \(stack.directory)") }
                    return report
                }
            }
            group.addTask {
                for await _ in signals { break }
                return nil
            }
            let first = try await group.next() ?? nil
            group.cancelAll()
            // The other one still cleans up; its errors are those of having been cancelled.
            while await group.nextResult() != nil {}
            return first
        }
        guard let outcome else {
            display.say("stopped; everything that was started has been stopped and removed")
            throw ExitCode(130)
        }
        for line in outcome.lines { display.say(line) }
        if !outcome.holds { throw ExitCode.failure }
    }
}
