//! The main job on one machine with nothing installed: three simulated carriers with characters of their own, a simulated
//! Zalo Official Account and a simulated Facebook Page, made-up people in the 65 communes of Lạng Sơn, a real flood warning, two people who write and approve it, and at the end
//! the ledger's account compared with what carriers and platforms counted by themselves.
#![expect(clippy::print_stdout, reason = "a demonstration speaks through the terminal")]

mod carriers;
mod people;
mod platforms;
mod progress;
mod summary;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use anyhow::Context as _;
use clap::Args;
use tokio::time::Instant;

use crate::{
    app::App,
    config::{Config, Log},
    domain::{
        AlertId, AlertKind, Audience, Channel, ContentDraft, Counts, Mode, Plan, PlanStep, PostContent,
        Severity, SmsForm, UncertainPolicy, ZaloContent,
    },
    ledger::{Account, Role},
    lifecycle,
    office::{AlertForm, ImportOptions, PlanForm, Seen},
    telemetry,
};
use carriers::Carriers;
use platforms::Platforms;

/// The province of the demonstration.
const PROVINCE: &str = "20";
/// Nothing moved for this long and nothing is queued: what is missing now will not come.
const QUIET: Duration = Duration::from_secs(4);
/// Followers that the gateway does not know by then get an SMS like everybody else.
const PATIENCE: Duration = Duration::from_secs(20);
/// The demonstration gives up on a machine that is too slow for it.
const LONGEST: Duration = Duration::from_secs(30 * 60);

/// Seconds until those not reached on Zalo get an SMS. An office would give minutes.
const STEP_WAIT_S: u32 = 8;
/// The approved template of the simulated Official Account.
const TEMPLATE: &str = "410001";

const HEADLINE: &str = "Cảnh báo lũ sông Kỳ Cùng, rủi ro cấp 3";
const WARNING: &str = "BCH PTDS tỉnh Lạng Sơn: Lũ sông Kỳ Cùng lên nhanh. Dân ven sông phường Đông Kinh, \
                       Lương Văn Tri di dời lên nơi cao trước 18h 07/10. Cấm qua ngầm, tràn. Gọi 112";

#[derive(Debug, Args)]
pub struct Options {
    /// How many people the alert goes to
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..=3_000_000))]
    recipients: u32,
    /// Where the ledger is kept; a temporary folder otherwise
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// End with one line of JSON
    #[arg(long)]
    json: bool,
    /// End when the alert is done instead of staying up for a look at the API
    #[arg(long)]
    exit: bool,
    /// Port of the API; 0 takes any free one
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// What to log to standard error
    #[arg(long, default_value = "error")]
    log: String,
}

/// Runs the demonstration.
///
/// # Errors
/// Whatever keeps the gateway or the simulators from starting.
pub async fn run(options: Options) -> anyhow::Result<ExitCode> {
    telemetry::start(&Log { level: options.log.clone(), json: false })?;
    let stop = lifecycle::stop_signal()?;
    let temporary = tempfile::tempdir().context("no temporary folder")?;
    let folder = options.folder.clone().unwrap_or_else(|| temporary.path().to_owned());
    std::fs::create_dir_all(&folder).with_context(|| format!("can't make {}", folder.display()))?;

    let world = World {
        carriers: Carriers::start(options.recipients).await?,
        platforms: Platforms::start(options.recipients).await?,
    };
    let config = world.carriers.config(&folder, options.port, &world.platforms.lanes(&folder)?)?;
    let app = start(&config).await?;
    world.platforms.call_back(app.address).await?;
    let done = tokio::select! {
        done = play(&app, &world, &options) => Some(done?),
        () = stop.cancelled() => None,
    };
    if let Some(done) = &done {
        if options.json {
            println!("{}", serde_json::to_string(&done.figures)?);
        }
        if !options.exit {
            done.invite(&app);
            stop.cancelled().await;
        }
    }
    app.stop().await?;
    world.carriers.stop().await;
    world.platforms.stop().await;
    Ok(if done.is_some_and(|done| done.figures.holds()) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Starts on the wanted port, or on any other if that one is taken.
async fn start(config: &Config) -> anyhow::Result<App> {
    match App::start(config).await {
        Ok(app) => Ok(app),
        Err(error) if config.server.listen.port() != 0 && error.to_string().contains("server.listen") => {
            let mut other = config.clone();
            other.server.listen.set_port(0);
            App::start(&other).await
        }
        Err(error) => Err(error),
    }
}

/// Everything outside the gateway.
struct World {
    carriers: Carriers,
    platforms: Platforms,
}

struct Cast {
    author: Account,
    approver: Account,
    auditor: Account,
    keys: Vec<(&'static str, String)>,
}

async fn play(app: &App, world: &World, options: &Options) -> anyhow::Result<summary::Done> {
    let cast = cast(app).await?;
    let office = &app.office;
    println!("1. Nhập danh sách người dân / People are imported");
    let began = Instant::now();
    let list = people::list(&office.areas, PROVINCE, options.recipients);
    let import_options = ImportOptions { province: Some(PROVINCE.into()) };
    let import = office.import_csv(&cast.author, "lang-son-demo.csv", &import_options, list).await?;
    println!(
        "   {} dòng / rows: {} mới / new, {} bị từ chối / refused, {} có lưu ý / with a note, {:.1} s",
        import.counts.total,
        import.counts.new,
        import.counts.refused,
        import.counts.warned,
        began.elapsed().as_secs_f64()
    );

    followers_known(app, &cast.author, world).await?;
    println!("2. Soạn và xem trước / Written and previewed");
    let form = form();
    let preview = office.preview(&cast.author, &form).await?;
    println!("   “{}”", preview.text);
    for route in &preview.routes {
        let last = route.finish.last().and_then(|finish| finish.seconds).unwrap_or(f64::INFINITY);
        println!(
            "   {:<13} {:>8} người / people × {} phần / parts ({:?}), {:>5.0} s",
            route.route, route.targets, route.parts, route.encoding, last
        );
    }
    let alert = office.alert_add(&cast.author, form).await?;
    office.submit(&cast.author, alert.id).await?;

    println!("3. Phê duyệt / Approved");
    let seen = Seen { version: alert.version, content_hash: alert.content_hash };
    match office.approve(&cast.author, alert.id, &seen).await {
        Err(refusal) => println!("   người soạn tự duyệt bị từ chối / the author may not: {refusal}"),
        Ok(_) => anyhow::bail!("the author approved an own alert"),
    }
    office.approve(&cast.approver, alert.id, &seen).await?;
    println!("   người duyệt đã phê duyệt / the approver did: {}", alert.content_hash);

    println!("4. Gửi / Sent");
    let elapsed = watch(app, &cast.auditor, alert.id).await?;
    summary::conclude(app, world, cast, alert.id, elapsed).await
}

async fn cast(app: &App) -> anyhow::Result<Cast> {
    let mut keys = Vec::new();
    let mut accounts = Vec::new();
    for (name, role) in
        [("nguoi-soan", Role::Author), ("nguoi-duyet", Role::Approver), ("thanh-tra", Role::Auditor)]
    {
        // A folder given again holds the accounts of the last time; their keys were shown then.
        let name = match app.office.user_add(name, role).await {
            Ok((_, key)) => {
                keys.push((name, key.reveal().to_owned()));
                name.to_owned()
            }
            Err(crate::office::OfficeError::Conflict(_)) => name.to_owned(),
            Err(error) => return Err(error.into()),
        };
        accounts.push(app.office.account_named(&name).await?);
    }
    let [author, approver, auditor] =
        <[Account; 3]>::try_from(accounts).map_err(|_| anyhow::anyhow!("three accounts were made"))?;
    Ok(Cast { author, approver, auditor, keys })
}

fn form() -> AlertForm {
    AlertForm {
        kind: AlertKind::Alert,
        mode: Mode::Live,
        severity: Severity::Severe,
        refers_to: None,
        content: ContentDraft {
            headline: HEADLINE.into(),
            sms_accented: Some(WARNING.into()),
            sms_plain: None,
            sms_form: SmsForm::Accented,
            body: None,
            zalo: Some(ZaloContent {
                template: TEMPLATE.into(),
                parameters: [
                    ("loai", "Lũ, rủi ro cấp 3"),
                    ("noi_dung", WARNING),
                    ("thoi_gian", "17:30 07/10/2026"),
                    ("ma", "KC-03"),
                ]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            }),
            post: Some(PostContent::default()),
        },
        plan: Some(PlanForm::Steps(plan())),
        audience: Audience { areas: vec![PROVINCE.into()], ..Audience::default() },
        uncertain: Some(UncertainPolicy::Resend),
        expires_at: None,
    }
}

/// Followers get it on Zalo first, and the page has it at once; SMS go to everyone whom Zalo does not know or reach.
fn plan() -> Plan {
    Plan {
        steps: vec![
            PlanStep { channels: vec![Channel::Zalo, Channel::Facebook], wait_s: 0 },
            PlanStep { channels: vec![Channel::Sms], wait_s: STEP_WAIT_S },
        ],
    }
}

/// Shows the lanes at work until nothing moves any more; returns when it last moved.
async fn watch(app: &App, auditor: &Account, alert: AlertId) -> anyhow::Result<Duration> {
    let mut screen = progress::Screen::new();
    let began = Instant::now();
    let (mut last, mut moved) = (Counts::default(), Instant::now());
    let steps_over = Duration::from_secs(u64::from(STEP_WAIT_S)) + QUIET;
    loop {
        let counts = app.office.counts(auditor, alert, false).await?;
        if counts.total != last {
            (last, moved) = (counts.total, Instant::now());
        }
        screen.show(&counts, &app.office.engine.lanes(), began.elapsed());
        let fanned_out = counts.targets > 0 && counts.total.accepted >= counts.targets;
        let all = fanned_out && (counts.phase.is_final() || began.elapsed() > steps_over);
        let under_way = counts.total.queued + counts.total.in_flight;
        let settled = all && under_way == 0 && (counts.total.sent == 0 || moved.elapsed() > QUIET);
        if settled || began.elapsed() > LONGEST {
            screen.end();
            return Ok(moved - began);
        }
        tokio::time::sleep(progress::EVERY).await;
    }
}

/// Waits until the gateway knows the followers of the Official Account among the people of the list.
async fn followers_known(app: &App, author: &Account, world: &World) -> anyhow::Result<()> {
    world.platforms.introduce();
    let (began, wanted) = (Instant::now(), i64::from(world.platforms.followers));
    let (mut last, mut moved) = (0, Instant::now());
    loop {
        let preview = app.office.preview(author, &form()).await?;
        let zalo = preview.channels.iter().find(|channel| channel.channel == Channel::Zalo);
        let known = zalo.map_or(0, |channel| channel.targets);
        if known != last {
            (last, moved) = (known, Instant::now());
        }
        // One whose number two people of the list share stays unknown.
        if known >= wanted || (known > 0 && moved.elapsed() > QUIET) || began.elapsed() > PATIENCE {
            println!("   {known} người theo dõi Zalo đã được nhận ra / followers on Zalo are known");
            return Ok(());
        }
        tokio::time::sleep(progress::EVERY).await;
    }
}
