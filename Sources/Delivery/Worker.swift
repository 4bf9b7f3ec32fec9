package import Foundation
package import Logging
package import MessageQueue
import ServiceLifecycle

/// One worker: claims lanes, reads them, delivers their messages and records the outcomes.
///
/// Its loops run side by side and meet only in the board:
///
/// - claiming: leases free lanes that were signalled, hands lanes over to hungrier workers;
/// - reading: looks at all held lanes in one statement, past each lane's cursor;
/// - slots: deliver, each one message at a time, different ordering keys side by side;
/// - settling: records outcomes in batches, then lets each key's next message go;
/// - renewing: extends leases, drops lanes that were lost;
/// - permits: reserves calls from the shared budgets;
/// - upkeep: appends messages whose time has come, folds the kept counts.
package final class Worker: Sendable {
    package let id: UUID
    private let name: String
    private let queue: MessageQueue
    private let wakeUps: WakeUps?
    private let courier: any Courier
    private let destinations: [Int16]
    private let settings: WorkerSettings
    private let logger: Logger

    package init(
        name: String, queue: MessageQueue, wakeUps: WakeUps?,
        courier: any Courier, destinations: [Int16], settings: WorkerSettings = WorkerSettings(),
        id: UUID = UUID(), logger: Logger
    ) {
        var logger = logger
        logger[metadataKey: "worker"] = "\(name)"
        self.id = id
        self.name = name
        self.queue = queue
        self.courier = courier
        self.destinations = destinations
        self.settings = settings
        self.logger = logger
        self.wakeUps = wakeUps
    }

    /// Works until graceful shutdown or cancellation, then drains and returns.
    package func run() async throws {
        let run = try await start()
        // Awaited here, and shielded from cancellation: what has been done must be recorded and
        // the leases given back, whichever way the end is announced.
        let work = Task { await run.run() }
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await work.value
            } onGracefulShutdown: {
                run.drain()
            }
        } onCancel: {
            run.drain()
        }
    }

    /// Reads the rules and prepares a run; the loops have not started.
    func start() async throws -> WorkerRun {
        try await queue.ensurePartitions()
        let types = EventTypes(try await queue.typeRules())
        let board = LaneBoard(openMax: settings.openMax)
        let settler = Settler(
            queue: queue, board: board, settings: settings, types: types, logger: logger)
        return WorkerRun(
            id: id, name: name, queue: queue, wakeUps: wakeUps, courier: courier,
            destinations: destinations, settings: settings, board: board, settler: settler,
            logger: logger)
    }
}

extension Worker: Service {}
