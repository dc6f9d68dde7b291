import Gateway
import Packets

/// What time alone brings about: deadlines of sessions, and their ends.
extension SessionReplayer {
    mutating func wake(_ number: UInt64) {
        guard let session = sessions[number] else { return }
        let deadline = session.deadline
        guard deadline < session.wakesAt else { return }
        sessions[number]!.wakesAt = deadline
        timers.add(number, at: deadline)
        if timers.count > 4 * sessions.count + 4096 { dropStaleTimers() }
    }

    /// Timers of sessions that are gone, or look earlier, are left in the queue until there are many.
    private mutating func dropStaleTimers() {
        timers = TimeQueue()
        for (number, session) in sessions.sorted(by: { $0.key < $1.key })
        where session.wakesAt.nanoseconds < .max {
            timers.add(number, at: session.wakesAt)
        }
    }

    mutating func runTimers(after lastPacket: UInt64) {
        let reached = now
        while let (due, number) = timers.take(until: reached.time) {
            guard let session = sessions[number], session.wakesAt == due else { continue }
            sessions[number]!.wakesAt = Timestamp(nanoseconds: .max)
            // What was due happened then, after the packet before this one.
            now = Moment(time: due, packet: lastPacket)
            if session.deadline <= due { look(at: number) }
            // Whatever was due has been done.
            if let deadline = sessions[number]?.deadline, deadline <= due { replace(number) }
            wake(number)
        }
        now = reached
    }

    private mutating func look(at number: UInt64) {
        if let lost = sessions[number]!.connection?.checkLoss(at: now.time), !lost.isEmpty {
            handle(lost, in: number)
        }
        if let deadline = sessions[number]!.peers?.deadline, deadline <= now.time {
            sessions[number]!.peers!.tick(at: now, &logs)
            settle(number)
        }
        if sessions[number]!.isOver(at: now.time) { replace(number) }
    }
}
