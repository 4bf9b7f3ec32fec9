import ArgumentParser

@main
struct Clearway: AsyncParsableCommand {
    func run() async throws {}
}
