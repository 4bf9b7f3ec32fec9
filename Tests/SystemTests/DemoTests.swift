import Testing

/// The whole product as real processes, judged by the doubles' ledgers.
@Suite struct DemoTests {
    @Test(.timeLimit(.minutes(2)))
    func `every order has exactly the effects it asked for, through faults and a killed worker`()
        async throws
    {
        let result = try await CLIProcess().run("demo", "--orders", "25", "--seed", "3")
        #expect(result.status == 0, "\(result.output)\(result.error)")
        #expect(result.output.contains("PASSED"))
        #expect(result.output.contains("lost 0, duplicated 0, residual 0 messages"))
        #expect(result.output.contains("worker-1 killed with -9"))
    }
}
