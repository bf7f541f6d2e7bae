/** The style of the page: light, dark and printed, down to the width of a phone. */
export const STYLE = `
:root{color-scheme:light dark;--bg:#fff;--fg:#1d2327;--muted:#5b666e;--rule:#dfe4e8;--card:#f6f8f9;
--good:#1a7f4b;--bad:#c62f2f;--unsure:#96660a;--good-bg:#e7f5ec;--bad-bg:#fdebeb;--unsure-bg:#fbf3df;
--mean:#1766b5;--max:#c8570c;--done:#1a7f4b;--sent:#1766b5;--target:#8b959c}
@media(prefers-color-scheme:dark){:root{--bg:#14181b;--fg:#e6eaed;--muted:#9aa6ae;--rule:#30383e;--card:#1c2226;
--good:#4cc38a;--bad:#ff7b72;--unsure:#e3b341;--good-bg:#12291d;--bad-bg:#351a1b;--unsure-bg:#2e2612;
--mean:#6cb2ff;--max:#ff9d57;--done:#4cc38a;--sent:#6cb2ff;--target:#7b858c}}
@media print{:root{color-scheme:light;--bg:#fff;--fg:#000;--muted:#444;--rule:#ccc;--card:#fff;--good:#1a7f4b;--bad:#c62f2f;--unsure:#96660a;
--good-bg:#eef7f1;--bad-bg:#fdf0f0;--unsure-bg:#fcf6e6;--mean:#1766b5;--max:#c8570c;--done:#1a7f4b;--sent:#1766b5;--target:#888}
.copy button{display:none}section,.tile,.card,figure{break-inside:avoid}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1rem clamp(.75rem,3vw,2rem) 4rem;max-width:68rem;background:var(--bg);color:var(--fg);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif}
h1,h2,h3,p{margin:0}h2{font-size:1.15rem;margin:2.2rem 0 .6rem}h3{font-size:1rem;margin:.2rem 0}
a{color:var(--mean)}
code,pre{font:13px/1.45 ui-monospace,"SF Mono",Menlo,Consolas,"Liberation Mono",monospace}
pre{background:var(--card);border:1px solid var(--rule);border-radius:6px;padding:.6rem .7rem;margin:.5rem 0;white-space:pre-wrap;overflow-wrap:anywhere;position:relative}
.copy button{position:absolute;top:.35rem;right:.35rem;font:inherit;padding:0 .5rem;color:var(--fg);background:var(--bg);border:1px solid var(--rule);border-radius:4px}
.verdict{border-left:.5rem solid var(--tone);background:var(--tone-bg);border-radius:6px;padding:.8rem 1rem}
.good{--tone:var(--good);--tone-bg:var(--good-bg)}.bad{--tone:var(--bad);--tone-bg:var(--bad-bg)}.unsure{--tone:var(--unsure);--tone-bg:var(--unsure-bg)}.running{--tone:var(--mean);--tone-bg:var(--card)}
.outcome{color:var(--tone);font-weight:700;font-size:1.5rem;line-height:1.2}.answer{font-size:1.15rem;margin:.25rem 0;overflow-wrap:anywhere}
.about,.run,.hint,.axis{color:var(--muted);font-size:.9rem}.run{margin:.4rem 0;overflow-wrap:anywhere}.hint{margin:.4rem 0}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(10rem,1fr));gap:.6rem;margin:.8rem 0 .4rem}
.tile{border:1px solid var(--rule);border-top:3px solid var(--tone,var(--rule));border-radius:6px;padding:.5rem .7rem;display:flex;flex-direction:column}
.tile .name,.tile .note{color:var(--muted);font-size:.85rem}.tile .value{font-size:1.35rem;font-weight:600}
.tile.bad .value,.tile.unsure .value{color:var(--tone)}
.reasons{margin:.4rem 0;padding-left:1.2rem;overflow-wrap:anywhere}
.scroll{overflow-x:auto;margin:.5rem 0}table{border-collapse:collapse;font-size:.9rem;width:100%}
th,td{padding:.28rem .7rem .28rem 0;border-bottom:1px solid var(--rule);text-align:left;vertical-align:top}
thead th{color:var(--muted);font-weight:500}tbody th{font-weight:400;overflow-wrap:anywhere;min-width:8rem}td{font-variant-numeric:tabular-nums;white-space:nowrap}td:last-child{white-space:normal}
details{margin:.5rem 0}summary{cursor:pointer;color:var(--muted);font-size:.9rem}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(24rem,100%),1fr));gap:.7rem}
.card{background:var(--card);border:1px solid var(--rule);border-radius:6px;padding:.7rem .9rem;overflow-wrap:anywhere}
.advice{font-weight:600;margin:.3rem 0}
.chip{display:inline-block;font-size:.8rem;font-weight:500;padding:0 .5rem;border-radius:1rem;border:1px solid var(--tone,var(--rule));color:var(--tone,var(--muted))}
figure{margin:.4rem 0 0}figcaption{font-weight:600;font-size:.95rem;margin-bottom:.3rem}
.legend{font-weight:400;font-size:.85rem;margin-left:.6rem}.key{white-space:nowrap;margin-right:.8rem}
.key::before{content:"";display:inline-block;width:.9rem;height:3px;border-radius:2px;background:var(--c);margin-right:.3rem;vertical-align:middle}
td .key::before,tbody th .key::before{height:.7rem;width:.7rem}
.frame{display:grid;grid-template:13.5rem 1.4rem/3.9rem 1fr}
.y{position:relative}.y span{position:absolute;right:.45rem;transform:translateY(50%);font-size:.78rem;color:var(--muted);white-space:nowrap}
.x{grid-column:2;position:relative}.x span{position:absolute;top:.2rem;transform:translateX(-50%);font-size:.78rem;color:var(--muted);white-space:nowrap}
.x span.first{transform:translateX(-15%)}.x span.last{transform:translateX(-85%)}.axis{margin-left:3.9rem;font-size:.82rem}
.plot{position:relative;border-left:1px solid var(--rule);min-width:0}.plot svg{width:100%;height:100%;display:block;overflow:visible}
path{vector-effect:non-scaling-stroke;fill:none}.grid{stroke:var(--rule);stroke-width:1}
.line{stroke:var(--c);stroke-width:1.8;stroke-linejoin:round}.dot{stroke:var(--c);stroke-width:9;stroke-linecap:round}.dot.hollow{stroke:var(--bg);stroke-width:5}
.mean{--c:var(--mean)}.max{--c:var(--max)}.completed{--c:var(--done)}.scheduled{--c:var(--sent)}.target{--c:var(--target)}path.target{stroke-dasharray:5 4}
.key.bad,.line.bad,.bar .bad{--c:var(--bad)}.key.good,.bar .good{--c:var(--good)}.key.unsure,.bar .unsure{--c:var(--unsure)}
.limit{--c:var(--bad);stroke-dasharray:7 4}.event{--c:var(--fg);stroke-width:1;stroke-dasharray:2 3}
.heat{fill:var(--fg);--c:var(--muted)}.heat0{fill-opacity:.1}.heat1{fill-opacity:.22}.heat2{fill-opacity:.36}.heat3{fill-opacity:.52}.heat4{fill-opacity:.7}
.band{fill:var(--tone-bg)}.band.bracket{fill:var(--unsure-bg)}
.shade0{opacity:.35}.shade1{opacity:.5}.shade2{opacity:.65}.shade3{opacity:.8}.shade4{opacity:1}
.plot .note{position:absolute;font-size:.75rem;color:var(--fg);background:var(--bg);padding:0 .25rem;border-radius:3px;white-space:nowrap}
.plot .right{right:0;transform:translateY(50%);color:var(--bad)}.plot .top{top:0;margin-left:2px}.plot .left{transform:translateX(-100%);margin-left:-2px}
.bar{display:flex;height:1.6rem;border-radius:4px;overflow:hidden;margin:.5rem 0}.bar span{background:var(--c);min-width:3px}
.cursor{position:absolute;top:0;bottom:0;width:1px;background:var(--fg);pointer-events:none}
.tip{position:absolute;top:.3rem;background:var(--card);border:1px solid var(--rule);border-radius:5px;padding:.2rem .5rem;font-size:.8rem;pointer-events:none;z-index:2;white-space:nowrap}
.waiting{background:var(--unsure-bg);border-left:.5rem solid var(--unsure);border-radius:6px;padding:.5rem .8rem;margin:.6rem 0}
#connection{color:var(--muted);font-size:.85rem;min-height:1.4rem}#connection.waiting{color:var(--fg)}.progress{height:.5rem;background:var(--rule)}.progress span{min-width:0}.progress .done{--c:var(--tone)}
@media(max-width:40rem){body{font-size:14px}.tiles{grid-template-columns:1fr 1fr}.outcome{font-size:1.3rem}.answer{font-size:1.05rem}.legend{display:block;margin:0}
td:last-child{min-width:9rem}.x span:nth-child(even){display:none}.frame{grid-template-columns:3.4rem 1fr}.axis{margin-left:0}}
`;
