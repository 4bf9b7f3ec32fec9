import Testing

/// Imports point one way only.
struct ImportTests {
    /// Which of our targets each target may import.
    ///
    /// Beside the purpose-giving arrows of the design, whatever sits on the queue may name the
    /// values in the queue's own signatures: events (`PaymentEvents`) and database errors
    /// (`Postgres`). What the design keeps from a target stays kept: `QueueSQL` has one user, and
    /// neither the contract nor the database client knows a queue.
    static let allowed: [String: Set<String>] = [
        "CLibpq": [],
        "Postgres": ["CLibpq"],
        "PaymentEvents": [],
        "QueueSQL": [],
        "MessageQueue": ["Postgres", "PaymentEvents", "QueueSQL"],
        "Delivery": ["MessageQueue", "PaymentEvents", "Postgres"],
        "StripeConnector": ["PaymentEvents", "Delivery"],
        "CommerceCloudConnector": ["PaymentEvents", "Delivery"],
        "FinanceConnector": ["PaymentEvents", "Delivery"],
        "Ingest": [
            "MessageQueue", "PaymentEvents", "Postgres", "StripeConnector",
            "CommerceCloudConnector", "FinanceConnector",
        ],
        "Operations": ["MessageQueue", "PaymentEvents", "Postgres"],
        "Sandbox": ["PaymentEvents"],
        "Clearway": [
            "Postgres", "PaymentEvents", "MessageQueue", "Delivery", "StripeConnector",
            "CommerceCloudConnector", "FinanceConnector", "Ingest", "Operations", "Sandbox",
        ],
    ]

    @Test func `every target is one that the design names`() throws {
        let targets = Set(try SourceTree.current.directories(in: "Sources"))
        #expect(targets.union(["QueueSQL"]) == Set(Self.allowed.keys))
    }

    @Test(arguments: Array(allowed.keys).sorted())
    func `a target imports only what the design lets it import`(target: String) throws {
        let path = target == "QueueSQL" ? "sql" : "Sources/\(target)"
        let allowed = try #require(Self.allowed[target])
        for file in try SourceTree.current.files(in: path, extension: "swift") {
            let ours = file.imports.intersection(Self.allowed.keys)
            let forbidden = ours.subtracting(allowed)
            #expect(forbidden.isEmpty, "\(file.path) imports \(forbidden.sorted())")
        }
    }

    @Test func `the arrows form no circle`() {
        var settled: Set<String> = []
        var isMoving = true
        while isMoving {
            let next = Self.allowed.filter { $0.value.isSubset(of: settled) }.map(\.key)
            isMoving = !settled.isSuperset(of: next)
            settled.formUnion(next)
        }
        #expect(settled == Set(Self.allowed.keys))
    }

    @Test(arguments: [
        ("import Foundation", "Foundation"), ("package import Postgres", "Postgres"),
        ("@testable import Delivery", "Delivery"), ("import struct Foundation.URL", "Foundation"),
        ("@preconcurrency internal import CLibpq", "CLibpq"),
    ])
    func `an import is recognised however it is written`(line: String, module: String) {
        let file = SourceTree.File(path: "A.swift", lines: [Substring(line)])
        #expect(file.imports == [module])
    }

    @Test(arguments: ["", "// import Delivery", "let import1 = 2", "important()", "import"])
    func `other lines are not imports`(line: String) {
        #expect(SourceTree.File(path: "A.swift", lines: [Substring(line)]).imports.isEmpty)
    }
}
