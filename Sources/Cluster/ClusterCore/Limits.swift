/// The limits and intervals that both sides of the protocol keep.
public enum Limits {
  /// The version of messages and rules that this build speaks. A hello of another one is refused.
  public static let protocolVersion: UInt32 = 2

  /// Samples in one share, lease list, or list of missing samples: 8,192 indices of at most five
  /// bytes stay well under the 64 KiB of a control frame.
  public static let samplesPerListMax = 8_192

  /// Threads that a worker may announce; it bounds the leases it can hold.
  public static let threadsPerWorkerMax = 1_024

  /// Leases that a worker holds for each of its threads: one being computed and one whose
  /// photograph is on its way.
  public static let leasesPerThread = 2

  /// Leases that a worker gets before it has given anything; each result allows it one more. Threads
  /// are what a worker says of itself, results are what it has shown.
  public static let newcomerLeasesMax = 16

  /// Slots that are looked at for one that a newcomer may show its worth with.
  public static let proofsInViewMax = 64

  /// Leases at a time of features that a worker said it holds: it answers them from memory.
  public static let claimedLeasesMax = 64

  /// Shares that a worker may decline before it answers one: features are sent to it again after
  /// each, so a sound worker never gets near.
  public static let declinesInARowMax = 16

  /// Shares that it may decline before others get them: a worker that has just joined may believe in
  /// features that it lost.
  public static let declinesTrustedMax = 4

  /// Times that a worker asks for a photograph that its coordinator hasn't got, a second apart,
  /// before it reports its absence.
  public static let photographTriesMax = 8

  /// For so long after such a report a worker takes others that are missing for gone as well, and reports
  /// each at once: who removes one photograph removes many, and each would keep a lease for seconds.
  public static let absencesTogetherNanoseconds: UInt64 = 60_000_000_000

  /// Times that a worker tries to compute the features of a photograph that came, before it leaves
  /// because its machine lacks the memory.
  public static let extractionTriesMax = 8

  /// How long photographs may be unreadable for a reason that lies with the coordinator's machine
  /// before the run ends, resumable: long enough for a crowd of connections to be cut off or for a
  /// disk to come back.
  public static let shortageNanosecondsMax: UInt64 = 120_000_000_000

  /// How long a coordinator tries to write the last checkpoint of a run: long enough for somebody
  /// who watches to make room on the disk.
  public static let lastCheckpointPatienceNanoseconds: UInt64 = 120_000_000_000

  /// The time between two of these tries.
  public static let lastCheckpointRetryNanoseconds: UInt64 = 5_000_000_000

  /// Workers that a state of a run names as its contributors: half a megabyte of a checkpoint.
  public static let contributorsMax = 32_768

  /// Audits that the coordinator computes itself at a time; its own thread takes them one by one.
  public static let ownAuditsMax = 8

  /// Slots that are looked at for one that suits a worker, where they wait for an audit or are late.
  public static let slotsInViewMax = 16

  /// Workers in one incarnation at a time.
  public static let workersMax = 16_384

  /// Bytes of UTF-8 in a name or a reason inside a message.
  public static let textBytesMax = 1_024

  /// Workers that one `StatusReply` lists; the counts cover all of them.
  public static let workersInStatusMax = 256

  /// Either side sends something at least this often.
  public static let heartbeatIntervalNanoseconds: UInt64 = 1_000_000_000

  /// A worker that has found no coordinator for this long says so.
  public static let unansweredNanoseconds: UInt64 = 10_000_000_000

  /// A peer that was silent for this long is lost: noticed with a tick of at most this age.
  public static let silenceMaxNanoseconds: UInt64 = 5_000_000_000

  /// A worker that was silent for this long is given nothing new: it has missed a heartbeat.
  public static let quietNanoseconds: UInt64 = 1_500_000_000

  /// How often a shell delivers `.tick` when nothing else happens.
  public static let tickIntervalNanoseconds: UInt64 = 100_000_000

  /// The longest time that a process lives through between two events. Ticks come ten times as
  /// often, so a longer gap means that it was stopped or that its clock was set.
  public static let momentNanosecondsMax: UInt64 = 1_000_000_000

  /// The youngest age at which a lease or a share of a step counts as late and goes to a second
  /// worker too; where they usually take longer, a multiple of that counts.
  public static let lateNanosecondsMin: UInt64 = 200_000_000
  public static let lateMeansFactor: UInt64 = 4

  /// The age at which the first lease or share counts as late. With a tick it is under a second.
  public static let firstLateNanoseconds: UInt64 = 800_000_000

  /// A worker that gives nothing for so long, and so many times the age at which its work is late,
  /// is told of.
  public static let stallNanosecondsMin: UInt64 = 10_000_000_000
  public static let stallLatesFactor: UInt64 = 4

  /// Late shares that go to a second worker in one tick: if more are late at a time, it isn't their
  /// workers that are slow.
  public static let duplicatesPerTickMax = 64

  /// How long a coordinator that was asked to stop waits for the step under way.
  public static let stopPatienceNanoseconds: UInt64 = 5_000_000_000

  /// The first pause of a worker between two attempts to reach its coordinator; it doubles. Each
  /// worker shortens each pause by up to a half, so that a thousand don't return in one instant.
  public static let retryPauseMinNanoseconds: UInt64 = 1_000_000_000

  /// The longest pause between two such attempts.
  public static let retryPauseMaxNanoseconds: UInt64 = 32_000_000_000
}
