// What this generator's clients do with secrets, the body of a GET and undeclared fields; scripts/languages.py reads the output.
use std::{env, error::Error};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    match env::args().nth(1).as_deref() {
        Some("secret") => {
            let id = env::var("SETU_SANDBOX_CLIENT_ID")?;
            println!("{:?}", setu::models::TokenRequest::new(id, env::var("SETU_SANDBOX_SECRET")?));
        }
        Some("get") => {
            use decentro::{apis::configuration::Configuration, apis::token_api, models::token_request::*};
            let base_path = env::var("DECENTRO_SANDBOX_BASE_URL")?;
            let request = TokenRequest {
                client_id: Some(env::var("DECENTRO_SANDBOX_CLIENT_ID")?),
                client_secret: Some(env::var("DECENTRO_SANDBOX_CLIENT_SECRET")?),
                ..TokenRequest::new(GrantType::ClientCredentials)
            };
            token_api::generate_token(&Configuration { base_path, ..Configuration::new() }, request).await?;
        }
        _ => {
            use su::apis::{configuration::Configuration, token_api};
            let configuration = Configuration { base_path: env::var("SU_SANDBOX_BASE_URL")?, ..Configuration::new() };
            let (domain, secret) = (env::var("SU_SANDBOX_CLIENT_ID_BASE64")?, env::var("SU_SANDBOX_CLIENT_SECRET")?);
            println!("{:?}", token_api::generate_access_token(&configuration, &domain, &secret).await?);
        }
    }
    Ok(())
}
