// The console of a region. All that it shows it asks of the API beside it, and all that is shown is text: nothing that a bucket, a log or a
// message holds becomes markup.

const API = "api/";
const token = takeToken();
const state = { view: "Chain", records: [], next: 0, filter: "", reads: false, follow: true, call: null, of: {} };

function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    sessionStorage.setItem("token", given);
    history.replaceState(null, "", location.pathname);
  }
  return sessionStorage.getItem("token") ?? "";
}

async function api(method, path, document, signal) {
  const answer = await fetch(API + path, {
    method,
    signal,
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    body: document === undefined ? undefined : JSON.stringify(document),
  });
  const said = await answer.json();
  if (!answer.ok) throw new Error(`${said.error.code}: ${said.error.message}`);
  return said;
}

const aws = async (service, operation, input = {}) => (await api("POST", `aws/${service}/${operation}`, input)).output;

// All pages of an operation that lists.
async function all(service, operation, member, input = {}, marker = "NextToken") {
  const found = [];
  let page = input;
  for (let pages = 0; pages < 20; pages += 1) {
    const output = await aws(service, operation, page);
    found.push(...(output[member] ?? []));
    const next = output[marker] ?? output.NextMarker;
    if (!next) break;
    page = { ...input, [marker === "nextToken" ? "nextToken" : marker]: next };
  }
  return found;
}

// An element with attributes, and with children that are elements or text.
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== undefined && value !== null) element.setAttribute(key, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined).map((child) => (child instanceof Node ? child : String(child))));
  return element;
}

const link = (text, onclick) => make("button", { class: "link", type: "button", onclick }, text);
const button = (text, onclick) => make("button", { type: "button", onclick }, text);
// What may be scrolled is reached by the keyboard, too.
const block = (name, text) => make("pre", { tabindex: "0", role: "region", "aria-label": name }, text);
const pretty = (value) => block("document", JSON.stringify(value, null, 2));

function table(heads, rows, none) {
  if (rows.length === 0) return make("p", { class: "soft" }, none);
  const head = make("tr", {}, heads.map((text) => make("th", { scope: "col" }, text)));
  const body = rows.map((cells) => make("tr", {}, cells.map((cell) => (cell instanceof HTMLTableCellElement ? cell : make("td", {}, cell ?? "")))));
  return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": heads.filter(Boolean).join(", ") }, make("table", {}, make("thead", {}, head), make("tbody", {}, body)));
}

const time = (value) => (value === undefined || value === null ? "" : new Date(typeof value === "number" ? value * 1000 : value).toISOString().replace(".000Z", "Z"));
const last = (arn) => String(arn).split(/[/:]/).pop();
const notice = (text) => { document.getElementById("notice").textContent = text; };

// Does something that the user asked for, says what went wrong, and shows what is there then.
async function act(what) {
  try {
    notice("");
    await what();
  } catch (error) {
    notice(error.message);
  }
  await show();
}

// ---- The chain of each stack

const COLUMNS = [
  ["What starts it", /^AWS::(Events::Rule|Scheduler::Schedule|SSM::(MaintenanceWindow|Association)|StepFunctions::StateMachine|CloudWatch::Alarm)$/],
  ["Function", /^AWS::Lambda::Function$/],
  ["Document", /^AWS::SSM::Document$/],
  ["Instance", /^AWS::(EC2::Instance|AutoScaling::AutoScalingGroup)$/],
  ["Bucket", /^AWS::S3::Bucket$/],
  ["Who is told", /^AWS::(SNS::Topic|SQS::Queue)$/],
];

// What the journal says of a thing: how often it was called or called itself, when, and with what error last.
function activity(id) {
  const short = last(id);
  const about = (call) => {
    const who = call.userIdentity ?? {};
    return [who.arn, who.invokedBy].some((name) => String(name ?? "").includes(short)) || (!call.readOnly && JSON.stringify(call.requestParameters ?? {}).includes(short));
  };
  const calls = state.records.filter((record) => record.kind === "api_call" && !ownRead(record) && about(record.call));
  const latest = calls.at(-1);
  return { count: calls.length, at: latest?.call.eventTime, sequence: latest?.sequence ?? -1, error: latest?.call.errorCode, what: latest?.call.eventName };
}

async function chain() {
  const stacks = (await all("cloudformation", "DescribeStacks", "Stacks")).filter((stack) => stack.StackStatus !== "DELETE_COMPLETE");
  if (stacks.length === 0) return make("p", { class: "soft" }, "No stack yet: deploy one with any AWS client, or ", make("code", {}, "nightproof run"), " elsewhere.");
  const shown = stacks.map(async (stack) => {
    const resources = await all("cloudformation", "ListStackResources", "StackResourceSummaries", { StackName: stack.StackId });
    const columns = COLUMNS.map(([title, kind]) => [title, resources.filter((resource) => kind.test(resource.ResourceType))]).filter(([, found]) => found.length > 0);
    const node = (resource) => {
      const id = resource.PhysicalResourceId ?? "";
      const { count, at, error, what, sequence } = activity(id);
      const fresh = sequence > (state.of.seen ?? -1);
      return make("div", { class: `node ${count ? (error ? "failed" : "seen") : ""} ${fresh ? "now" : ""}`, title: id },
        make("strong", {}, resource.LogicalResourceId), make("small", {}, last(id)),
        make("small", { class: error ? "bad" : "" }, count ? `${what}${error ? `: ${error}` : ""}, ${at}` : "nothing yet"));
    };
    return [make("h2", {}, `${stack.StackName} `, make("span", { class: /FAILED|ROLLBACK/.test(stack.StackStatus) ? "bad" : "soft" }, stack.StackStatus)),
      make("div", { class: "chain" }, columns.map(([title, found]) => make("section", {}, make("h3", {}, title), found.map(node))))];
  });
  const parts = (await Promise.all(shown)).flat();
  state.of.seen = state.next - 1;
  return make("div", {}, parts);
}

// ---- Calls

// Which statements decided; where none did, which came nearest.
function why({ layer, deciding = [], nearest = [], errors = [] }) {
  const statement = (one) => [one.policy, one.sid ?? (one.index === undefined ? undefined : `statement ${one.index}`)].filter(Boolean).join(", ");
  if (deciding.length) return deciding.map(statement).join("; ");
  return [`no ${layer} policy says so`, ...nearest.map((near) => `nearest: ${statement(near.statement ?? near)}`), ...errors].join("; ");
}

const ownRead = (record) => record.call?.userAgent === "AWS Internal" && record.call?.readOnly;

function matches(record) {
  if (record.kind !== "api_call" || ownRead(record) || (!state.reads && record.call.readOnly && !record.call.errorCode)) return false;
  const words = state.filter.toLowerCase().split(/\s+/).filter(Boolean);
  const text = `${record.call.eventSource} ${record.call.eventName} ${record.call.userIdentity?.arn ?? record.call.userIdentity?.invokedBy ?? ""} ${record.call.errorCode ?? ""} ${JSON.stringify(record.call.requestParameters)}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

function calls() {
  const search = make("input", { type: "search", value: state.filter, placeholder: "service, operation, who, error, input", "aria-label": "Filter calls", oninput: (event) => { state.filter = event.target.value; rows(); } });
  const reads = make("input", { type: "checkbox", checked: state.reads, onchange: (event) => { state.reads = event.target.checked; rows(); } });
  const follow = make("input", { type: "checkbox", checked: state.follow, onchange: (event) => { state.follow = event.target.checked; rows(); } });
  const list = make("div", { id: "calls" });
  const detail = make("div", { id: "call" });
  function rows() {
    const found = state.records.filter(matches).slice(-300).reverse();
    list.replaceChildren(table(["time", "who", "call", "answer"], found.map(({ call, sequence }) => [
      make("td", { class: "mono name" }, call.eventTime),
      make("td", { class: "mono" }, last(call.userIdentity?.arn ?? call.userIdentity?.invokedBy ?? "nobody")),
      make("td", { class: "mono" }, link(`${call.eventSource.replace(".amazonaws.com", "")} ${call.eventName}`, () => { state.call = sequence; one(); })),
      make("td", { class: `mono ${call.errorCode ? "bad" : "good"}` }, call.errorCode ?? "ok"),
    ]), "No such call."));
  }
  function one() {
    const record = state.records.find(({ sequence }) => sequence === state.call);
    if (!record) return detail.replaceChildren();
    const decided = state.records.find((other) => other.kind === "authorization" && other.event.request_id === record.call.requestID);
    detail.replaceChildren(make("h2", {}, `${record.call.eventSource} ${record.call.eventName} `, button("close", () => { state.call = null; one(); })),
      decided ? table(["action", "resource", "decision", "why"], decided.event.checks.map((check) => [make("td", { class: "name" }, check.action), check.resource, make("td", { class: check.decision.effect === "Allow" ? "good" : "bad" }, check.decision.effect), why(check.decision)]), "")
        : make("p", { class: "soft" }, "Nothing was asked of any policy: the root user called, and may."),
      pretty(record.call));
    detail.scrollIntoView({ block: "nearest" });
    return undefined;
  }
  rows();
  if (state.call !== null) one();
  // Not below the pointer: what somebody is about to press would go away.
  state.of.rows = () => state.follow && !list.matches(":hover") && rows();
  return make("div", {}, make("div", { class: "tools" }, search, make("label", {}, reads, " reads too"), make("label", {}, follow, " follow")), detail, list);
}

// ---- What there is

async function resources() {
  const stacks = await all("cloudformation", "DescribeStacks", "Stacks");
  const lists = await Promise.all(stacks.map(async (stack) => [stack, await all("cloudformation", "ListStackResources", "StackResourceSummaries", { StackName: stack.StackId })]));
  const outputs = (stack) => table(["output", "value"], (stack.Outputs ?? []).map((output) => [output.OutputKey, output.OutputValue]), "No outputs.");
  return make("div", {}, lists.map(([stack, found]) => [make("h2", {}, `${stack.StackName}, ${stack.StackStatus}`),
    table(["resource", "type", "id", "status"], found.map((resource) => [resource.LogicalResourceId, resource.ResourceType, resource.PhysicalResourceId, resource.ResourceStatus]), "No resources."), outputs(stack)]),
  lists.length ? null : make("p", { class: "soft" }, "No stacks."));
}

async function buckets() {
  const found = (await aws("s3", "ListBuckets")).Buckets ?? [];
  const bucket = state.of.bucket ?? found[0]?.Name;
  const chosen = found.some(({ Name }) => Name === bucket) ? bucket : undefined;
  const versions = chosen ? await aws("s3", "ListObjectVersions", { Bucket: chosen, MaxKeys: 500 }) : {};
  const objects = [...(versions.Versions ?? []), ...(versions.DeleteMarkers ?? [])];
  const peek = async (object) => {
    const answer = await api("POST", "aws/s3/GetObject", { Bucket: chosen, Key: object.Key, ...(object.VersionId && object.VersionId !== "null" ? { VersionId: object.VersionId } : {}) });
    state.of.peek = { key: object.Key, answer };
  };
  const peeked = state.of.peek ? [make("h2", {}, `${state.of.peek.key} `, button("close", () => act(() => { delete state.of.peek; }))), pretty(state.of.peek.answer.output),
    state.of.peek.answer.payload?.text === undefined ? make("p", { class: "soft" }, "It is no text.") : block("text of the object", state.of.peek.answer.payload.text)] : [];
  return make("div", {}, make("div", { class: "tools" }, found.map(({ Name }) => make("button", { type: "button", "aria-current": Name === chosen, onclick: () => act(() => { state.of.bucket = Name; delete state.of.peek; }) }, Name))), peeked,
    table(["key", "bytes", "written", "version"], objects.map((object) => [object.Size === undefined ? make("td", { class: "soft" }, `${object.Key} (delete marker)`) : make("td", {}, link(object.Key, () => act(() => peek(object)))), object.Size, time(object.LastModified), `${object.VersionId ?? ""}${object.IsLatest ? " (latest)" : ""}`]), chosen ? "The bucket is empty." : "No buckets."));
}

async function commands() {
  const found = await all("ssm", "ListCommandInvocations", "CommandInvocations", { Details: true });
  return make("div", {}, found.map((one) => [make("h2", {}, `${one.DocumentName} on ${one.InstanceId} `, make("span", { class: one.Status === "Success" ? "good" : /InProgress|Pending|Delayed/.test(one.Status) ? "soft" : "bad" }, one.StatusDetails ?? one.Status)),
    make("p", { class: "soft" }, `${one.CommandId}, ${time(one.RequestedDateTime)}`), (one.CommandPlugins ?? []).map((plugin) => [make("p", {}, `${plugin.Name}: exit code ${plugin.ResponseCode ?? ""}`), plugin.Output ? block("output", plugin.Output) : null])]),
  found.length ? null : make("p", { class: "soft" }, "No command was sent yet."));
}

async function logs() {
  const groups = await all("logs", "DescribeLogGroups", "logGroups", {}, "nextToken");
  const group = state.of.group ?? groups[0]?.logGroupName;
  const events = groups.some(({ logGroupName }) => logGroupName === group) ? await all("logs", "FilterLogEvents", "events", { logGroupName: group }, "nextToken") : [];
  return make("div", {}, make("div", { class: "tools" }, groups.map(({ logGroupName }) => make("button", { type: "button", "aria-current": logGroupName === group, onclick: () => act(() => { state.of.group = logGroupName; }) }, logGroupName))),
    table(["time", "stream", "message"], events.slice(-500).map((event) => [make("td", { class: "mono name" }, time(event.timestamp / 1000)), last(event.logStreamName), make("td", { class: "mono" }, event.message)]), groups.length ? "Nothing was logged." : "No log groups."));
}

async function queues() {
  const urls = (await aws("sqs", "ListQueues")).QueueUrls ?? [];
  const rows = await Promise.all(urls.map(async (url) => {
    const { Attributes: has = {} } = await aws("sqs", "GetQueueAttributes", { QueueUrl: url, AttributeNames: ["All"] });
    return [last(url), has.ApproximateNumberOfMessages, has.ApproximateNumberOfMessagesNotVisible, has.ApproximateNumberOfMessagesDelayed];
  }));
  return table(["queue", "messages", "being worked on", "delayed"], rows, "No queues.");
}

async function instances() {
  const found = (await all("ec2", "DescribeInstances", "Reservations")).flatMap(({ Instances }) => Instances);
  const online = new Map((await all("ssm", "DescribeInstanceInformation", "InstanceInformationList")).map((one) => [one.InstanceId, one.PingStatus]));
  const does = (id, operation) => button(operation.replace("Instances", "").toLowerCase(), () => act(() => aws("ec2", operation, { InstanceIds: [id] })));
  return table(["instance", "state", "agent", "tags", ""], found.map((one) => [make("td", { class: "mono name" }, one.InstanceId), one.State?.Name, online.get(one.InstanceId) ?? "not registered",
    (one.Tags ?? []).map(({ Key, Value }) => `${Key}=${Value}`).join(", "), make("td", {}, one.State?.Name === "running" ? [does(one.InstanceId, "RebootInstances"), " ", does(one.InstanceId, "StopInstances")] : one.State?.Name === "stopped" ? does(one.InstanceId, "StartInstances") : "")]), "No instances.");
}

// ---- Time and faults

async function clock() {
  const rules = (await all("events", "ListRules", "Rules")).filter((rule) => rule.ScheduleExpression).map((rule) => [rule.Name, rule.ScheduleExpression, rule.State, rule.Arn]);
  const schedules = (await all("scheduler", "ListSchedules", "Schedules")).map((schedule) => [schedule.Name, "EventBridge Scheduler", schedule.State, schedule.Arn]);
  const arn = (kind, id) => `arn:aws:ssm:${state.region.region}:${state.region.account}:${kind}/${id}`;
  const windows = (await all("ssm", "DescribeMaintenanceWindows", "WindowIdentities")).map((window) => [window.Name, window.Schedule, window.Enabled ? "ENABLED" : "DISABLED", arn("maintenancewindow", window.WindowId)]);
  const associations = (await all("ssm", "ListAssociations", "Associations")).map((one) => [one.AssociationName ?? one.Name, one.ScheduleExpression ?? "at once", "", arn("association", one.AssociationId)]);
  const rows = await Promise.all([...rules, ...schedules, ...windows, ...associations].map(async ([name, when, status, id]) => {
    const due = await api("GET", `due?arn=${encodeURIComponent(id)}`).then(({ at }) => time(at), () => "never");
    return [name, when, status, due, due === "never" ? "" : button("fire", () => act(() => api("POST", "fire", { arn: id })))];
  }));
  const by = (text, advance) => button(text, () => act(() => api("POST", "clock", { advance })));
  const until = make("input", { type: "text", "aria-label": "Move the clock to", placeholder: "2026-12-01T03:00:00Z" });
  return make("div", {}, make("div", { class: "tools" }, by("+1 minute", "PT1M"), by("+1 hour", "PT1H"), by("+1 day", "P1D"), until, button("move", () => act(() => api("POST", "clock", { to: until.value })))),
    make("p", { class: "soft" }, "The clock never goes back. Firing moves it to when the trigger is due."), table(["trigger", "schedule", "state", "due", ""], rows, "Nothing has a schedule."));
}

const EXAMPLE = { when: { service: "s3", operation: "PutObject" }, occurrence: { nth: 1 }, then: { error: { code: "SlowDown", status: 503, message: "Please reduce your request rate." } } };

async function faults() {
  const { faults: rules } = await api("GET", "faults");
  const text = make("textarea", { "aria-label": "Faults", spellcheck: "false" });
  text.value = JSON.stringify(rules, null, 2);
  const set = (value) => act(async () => { await api("PUT", "faults", { faults: value }); });
  return make("div", {}, make("p", { class: "soft" }, "What goes wrong on purpose, as the `faults` of an incident file. Each begins to count when it is put in force."), text,
    make("div", { class: "tools" }, button("put in force", () => act(async () => { await api("PUT", "faults", { faults: JSON.parse(text.value) }); })), button("add an example", () => set([...rules, EXAMPLE])), button("none", () => set([]))));
}

// ---- The page

const VIEWS = { Chain: chain, Calls: calls, Resources: resources, Buckets: buckets, Commands: commands, Logs: logs, Queues: queues, Instances: instances, Clock: clock, Faults: faults };

let showing = 0;
async function show() {
  const turn = (showing += 1);
  const main = document.querySelector("main");
  document.querySelector("nav").replaceChildren(...Object.keys(VIEWS).map((name) => make("button", { type: "button", "aria-current": name === state.view, onclick: () => { state.view = name; state.of.rows = null; act(() => {}); } }, name)));
  try {
    const view = await VIEWS[state.view]();
    if (turn === showing) main.replaceChildren(view);
  } catch (error) {
    if (turn === showing) main.replaceChildren(make("p", { class: "bad" }, error.message));
  }
}

// A record of a call has the call's members beside its own.
const kinds = (record) => ({ sequence: record.sequence, kind: record.event, event: record, call: record });

let refreshing;

// Shows what is there now, once nobody is about to press something, or writes: it would go away.
function refresh() {
  if (document.querySelector("main button:hover, main input:focus, main textarea:focus")) refreshing = setTimeout(refresh, 500);
  else show();
}

async function follow() {
  for (;;) {
    try {
      const { events, next } = await api("GET", `events?after=${state.next}&wait=25`);
      state.next = next;
      const records = events.map(kinds);
      state.records = [...state.records, ...records].slice(-5000);
      if (records.some((record) => record.kind === "api_call" && !ownRead(record))) {
        if (state.view === "Calls") state.of.rows?.();
        else if (state.view !== "Faults" && records.some((record) => record.kind === "api_call" && !record.call.readOnly)) {
          clearTimeout(refreshing);
          refreshing = setTimeout(refresh, 300);
        }
      }
      document.getElementById("now").textContent = time((await api("GET", "clock")).now);
    } catch (error) {
      notice(`The region does not answer: ${error.message}`);
      await new Promise((done) => { setTimeout(done, 2000); });
    }
  }
}

async function begin() {
  if (!token) return notice("The token is missing: open the address that `nightproof up` prints.");
  try {
    state.region = await api("GET", "region");
  } catch (error) {
    return notice(error.message);
  }
  document.getElementById("region").textContent = `${state.region.region}, account ${state.region.account}`;
  document.getElementById("now").textContent = time(state.region.now);
  await show();
  return follow();
}

begin();
