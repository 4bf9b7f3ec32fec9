import Foundation
import NIOConcurrencyHelpers

/// The serial executor of one connection: one thread that runs the actor's jobs in order.
///
/// The thread starts with the first job. After `stop()` it ends as soon as no job is left; a job
/// that arrives even later (a second `close()`, a query on a closed connection) is run by a new,
/// short-lived thread, so a caller can never hang on an executor that is gone.
///
/// `@unchecked Sendable` holds because every access to the mutable state is under `lock`.
final class ConnectionThread: SerialExecutor, @unchecked Sendable {
    private let name: String
    /// The condition is whether the thread has something to look at.
    private let lock = ConditionLock(value: false)
    private var jobs: [UnownedJob] = []
    private var hasThread = false
    private var isStopping = false

    init(name: String) {
        self.name = name
    }

    var isRunning: Bool {
        lock.lock()
        defer { lock.unlock() }
        return hasThread
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        lock.lock()
        jobs.append(job)
        let mustStart = !hasThread
        hasThread = true
        lock.unlock(withValue: true)
        if mustStart { start() }
    }

    /// Lets the thread end once it has run what is queued.
    func stop() {
        lock.lock()
        isStopping = true
        lock.unlock(withValue: true)
    }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    private func start() {
        let thread = Thread { self.runJobs() }
        thread.name = name
        thread.stackSize = 1 << 20
        thread.start()
    }

    private func runJobs() {
        while true {
            lock.lock(whenValue: true)
            let batch = jobs
            jobs.removeAll()
            if batch.isEmpty && isStopping {
                hasThread = false
                lock.unlock(withValue: false)
                return
            }
            lock.unlock(withValue: isStopping)
            for job in batch { job.runSynchronously(on: asUnownedSerialExecutor()) }
        }
    }
}
