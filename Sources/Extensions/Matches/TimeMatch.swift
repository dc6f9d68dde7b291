import Packets
public import RuleModel

/// `-m time` (extensions/libxt_time.c; net/netfilter/xt_time.c), on the clock of the packets. The kernel's time zone is
/// taken to be UTC, as it is where nobody sets it.
public struct TimeMatch: Match {
    public static let schema = ExtensionSchema(
        "time",
        options: [
            OptionSpec("--datestart"), OptionSpec("--datestop"), OptionSpec("--timestart"),
            OptionSpec("--timestop"), OptionSpec("--weekdays", negatable: true),
            OptionSpec("--monthdays", negatable: true), OptionSpec("--localtz", argument: .none),
            OptionSpec("--utc", argument: .none), OptionSpec("--kerneltz", argument: .none),
            OptionSpec("--contiguous", argument: .none),
        ])

    private static let dayNames = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]

    private var test = TimeTest()
    private var usesKernelZone = false

    public init?(_ reader: inout OptionReader) {
        for option in reader.options { read(option, &reader) }
        if let zone = reader.atMostOne(of: ["--localtz", "--utc", "--kerneltz"]), zone.name != "--utc" {
            usesKernelZone = true
            reader.warning("the kernel's time zone isn't known here; UTC is taken for it", at: zone.range)
        }
        if let option = reader.option("--contiguous") {
            test.isContiguous = true
            if test.start < test.stop {
                reader.error("--contiguous is for times that go over midnight", at: option.range)
            }
        }
        if test.dateStart > test.dateStop {
            reader.warning(
                "the dates are the wrong way round, so no packet matches", at: reader.nameRange, code: "FW013"
            )
        }
        if reader.hasErrors { return nil }
    }

    private mutating func read(_ option: ParsedOption, _ reader: inout OptionReader) {
        guard let argument = option.arguments.first else { return }
        switch option.name {
        case "--timestart": if let time = TimeMatch.time(argument, &reader) { test.start = time }
        case "--timestop": if let time = TimeMatch.time(argument, &reader) { test.stop = time }
        case "--datestart": if let date = TimeMatch.date(argument, &reader) { test.dateStart = date }
        case "--datestop":
            guard let date = TimeMatch.date(argument, &reader) else { return }
            if date == 0 {
                reader.error(
                    "iptables takes this date, but doesn't save it: no packet would match", at: argument.range
                )
            }
            test.dateStop = date
        case "--weekdays":
            test.weekdays = TimeMatch.days(option, TimeTest.allWeekdays, &reader) { day in
                if let number = parseNumber(day) { return number == 0 ? nil : number }
                return TimeMatch.dayNames.firstIndex { day.utf8.starts(with: $0.utf8.prefix(2)) }
                    .map { UInt64($0) + 1 }
            }
        case "--monthdays":
            test.monthdays = TimeMatch.days(option, TimeTest.allMonthdays, &reader) { day in
                TimeMatch.decimal(day).flatMap { $0 <= 31 ? UInt64($0) : nil }
            }
        default: break
        }
    }

    /// A set of days, one bit each, from 1.
    private static func days(
        _ option: ParsedOption, _ all: UInt32, _ reader: inout OptionReader, _ number: (String) -> UInt64?
    ) -> UInt32 {
        var days: UInt32 = 0
        var pieces = option.arguments[0].pieces(separator: ",")
        if pieces.count > 1, pieces.last?.text.isEmpty == true { pieces.removeLast() }
        for piece in pieces {
            guard let day = number(piece.text) else {
                reader.error("\"\(piece.text)\" is no day for \(option.name)", at: piece.range)
                return all
            }
            if day >= 1, day < 32, all & 1 << day != 0 {
                days |= 1 << day
            } else {
                reader.warning("there is no such day; iptables ignores it", at: piece.range)
            }
        }
        if option.isNegated { days = all & ~days }
        if days == 0 {
            reader.error("no day is left: iptables saves that in a way that it can't read", at: option.range)
        }
        return days
    }

    /// `hh:mm[:ss]`; an empty number is 0.
    private static func time(_ argument: Argument, _ reader: inout OptionReader) -> Int? {
        let parts = argument.text.split(separator: ":", omittingEmptySubsequences: false)
        let numbers = parts.map { $0.isEmpty ? 0 : decimal(String($0)) }
        guard parts.count == 2 || parts.count == 3, !parts[0].isEmpty, let hour = numbers[0], hour <= 23,
            let minute = numbers[1], minute <= 59, let second = parts.count == 3 ? numbers[2] : 0,
            second <= 59
        else {
            reader.error("a time is hh:mm or hh:mm:ss", at: argument.range)
            return nil
        }
        return hour * 3600 + minute * 60 + second
    }

    /// `YYYY[-MM[-DD[Thh[:mm[:ss]]]]]`, 1970 to 2038.
    private static func date(_ argument: Argument, _ reader: inout OptionReader) -> Int? {
        let halves = argument.text.split(separator: "T", maxSplits: 1, omittingEmptySubsequences: false)
        let dates = halves[0].split(separator: "-", omittingEmptySubsequences: false).map {
            decimal(String($0))
        }
        var times: [Int?] = []
        if halves.count == 2, !halves[1].isEmpty {
            times = halves[1].split(separator: ":", omittingEmptySubsequences: false).map {
                decimal(String($0))
            }
        }
        let limits =
            [(1970, 2038), (1, 12), (0, 31)].prefix(dates.count)
            + [(0, 23), (0, 59), (0, 59)].prefix(times.count)
        let numbers = dates + times
        guard dates.count <= 3, times.count <= 3, halves.count == 1 || dates.count == 3,
            zip(numbers, limits).allSatisfy({ number, limit in
                number.map { limit.0 <= $0 && $0 <= limit.1 } ?? false
            })
        else {
            reader.error(
                "a date is YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss, up to 2038", at: argument.range)
            return nil
        }
        let time = (times + [0, 0, 0]).prefix(3).compactMap { $0 }
        let date = CalendarTime(
            year: dates[0] ?? 1970, month: dates.count > 1 ? dates[1] ?? 1 : 1,
            day: dates.count > 2 ? dates[2] ?? 1 : 1, second: time[0] * 3600 + time[1] * 60 + time[2])
        return max(0, date.seconds)
    }

    /// A decimal number of at most nine digits, as `strtoul` with base 10 reads it.
    private static func decimal(_ text: String) -> Int? {
        var digits = text.utf8.drop { $0 == UInt8(ascii: " ") || (9...13).contains($0) }
        if digits.first == UInt8(ascii: "+") { digits.removeFirst() }
        guard !digits.isEmpty, digits.count <= 9, digits.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(String(Substring(digits)))
    }

    public var condition: Condition {
        let test = test
        return .history(
            HistoryTest(summary: "time \(savedWords.joined(separator: " "))") { _ in TimeOfPacket(test) })
    }

    public var savedWords: [String] {
        words + (usesKernelZone ? ["--kerneltz"] : []) + (test.isContiguous ? ["--contiguous"] : [])
    }

    /// In the order of `time_save`.
    private var words: [String] {
        var words: [String] = []
        if test.start != 0 || test.stop != CalendarTime.secondsPerDay - 1 {
            words += savedOption("--timestart", CalendarTime.clock(test.start))
            words += savedOption("--timestop", CalendarTime.clock(test.stop))
        }
        if test.monthdays != TimeTest.allMonthdays {
            words += savedOption("--monthdays", list(31, test.monthdays) { "\($0)" })
        }
        if test.weekdays != TimeTest.allWeekdays {
            words += savedOption("--weekdays", list(7, test.weekdays) { TimeMatch.dayNames[$0 - 1] })
        }
        if test.dateStart != 0 {
            words += savedOption("--datestart", CalendarTime(seconds: test.dateStart).text)
        }
        return words + savedOption("--datestop", CalendarTime(seconds: test.dateStop).text)
    }

    private func list(_ last: Int, _ days: UInt32, _ name: (Int) -> String) -> String {
        (1...last).filter { days & 1 << UInt32($0) != 0 }.map(name).joined(separator: ",")
    }
}

/// What one `time` asks for.
struct TimeTest: Sendable {
    static let allWeekdays: UInt32 = 0xfe
    static let allMonthdays: UInt32 = 0xffff_fffe

    /// Seconds of the day; the other way round they go over midnight.
    var start = 0
    var stop = CalendarTime.secondsPerDay - 1
    /// Seconds since 1970.
    var dateStart = 0
    var dateStop = Int(Int32.max)
    /// One bit each, from bit 1.
    var weekdays = TimeTest.allWeekdays
    var monthdays = TimeTest.allMonthdays
    /// The hours behind midnight belong to the day before.
    var isContiguous = false

    /// `time_mt`
    /// - Parameter seconds: since 1970.
    func contains(_ seconds: Int) -> Bool {
        guard dateStart <= seconds, seconds <= dateStop else { return false }
        let second = CalendarTime(seconds: seconds).second
        var day = seconds
        if start < stop {
            guard start <= second, second <= stop else { return false }
        } else {
            guard start <= second || second <= stop else { return false }
            if isContiguous, second <= stop { day -= CalendarTime.secondsPerDay }
        }
        return weekdays & 1 << UInt32(CalendarTime.weekday(day)) != 0
            && monthdays & 1 << UInt32(CalendarTime(seconds: day).day) != 0
    }
}

/// Asks a `time` of each packet. It remembers nothing: the answer lies in the packet's time.
final class TimeOfPacket: MatchHistory {
    private let test: TimeTest

    init(_ test: TimeTest) { self.test = test }

    func answer(_ context: borrowing TestContext, _ bytes: RawSpan) -> TestAnswer {
        let nanoseconds = context.metadata.timestamp.nanoseconds
        let seconds = nanoseconds / 1_000_000_000
        return TestAnswer(test.contains(Int(nanoseconds % 1_000_000_000 < 0 ? seconds - 1 : seconds)))
    }
}
